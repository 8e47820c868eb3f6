// Times are nanoseconds of a monotonic clock everywhere; people and settings speak of milliseconds.
#pragma once

#include <cstdint>

namespace base {

inline constexpr uint64_t kNsPerMs = 1'000'000;
inline constexpr uint64_t kNsPerS = 1'000 * kNsPerMs;

}  // namespace base
