// See error_rate.h.
#include "dsm/error_rate.h"

namespace dsm {

bool reaches_limit(ErrorRate& rate, const Config& config, TimeNs now) {
  if (config.path_error_limit == 0) {
    return false;
  }
  const TimeNs window = config.path_error_window_ms * kNsPerMs;
  TimeNs began = rate.window_began.load(std::memory_order_relaxed);
  const bool is_over = began == 0 || now - began >= window;
  if (is_over && rate.window_began.compare_exchange_strong(began, now, std::memory_order_relaxed)) {
    rate.errors.store(0, std::memory_order_relaxed);
  }
  return rate.errors.fetch_add(1, std::memory_order_relaxed) + 1 == config.path_error_limit;
}

void forget_errors(ErrorRate& rate) {
  rate.errors.store(0, std::memory_order_relaxed);
  rate.window_began.store(0, std::memory_order_relaxed);
}

}  // namespace dsm
