// How often commands fail on a path for reasons that are the path's own. A path that loses one
// command in a thousand is up by every other measure, and slows everybody down.
#pragma once

#include <atomic>
#include <cstdint>

#include "dsm/config.h"
#include "dsm/types.h"

namespace dsm {

// Of one path; the LUNs on it count together, without a lock of their own. Errors that two
// processors count at the very end of a window may be missed.
struct ErrorRate {
  std::atomic<TimeNs> window_began{0};
  std::atomic<uint32_t> errors{0};
};

// Counts one. True when it is the one that reaches Config::path_error_limit: once in a window of
// Config::path_error_window_ms, which begins with its first error. Any IRQL, any thread.
bool reaches_limit(ErrorRate& rate, const Config& config, TimeNs now);

// The next error begins a window.
void forget_errors(ErrorRate& rate);

}  // namespace dsm
