// See clock.h. The delay of HostClock is a monotone function of the due time, so two timers never
// change places.
#include "sim/clock.h"

namespace sim {

void Clock::arm(base::Timer& timer, uint64_t due_ns) {
  queue_.arm(timer, due_ns < now_ns_ ? now_ns_ : due_ns);
}

bool Clock::step(uint64_t limit_ns) {
  if (queue_.empty() || queue_.next_due_ns() > limit_ns) {
    return false;
  }
  base::Timer& timer = queue_.pop();
  now_ns_ = timer.due;
  ++events_;
  timer.fire();
  return true;
}

void Clock::run_until(uint64_t until_ns) {
  while (step(until_ns)) {
  }
  if (now_ns_ < until_ns) {
    now_ns_ = until_ns;
  }
}

uint64_t HostClock::late(uint64_t due_ns) const {
  if (grain_ns_ == 0 || due_ns <= clock_.now_ns() || due_ns > UINT64_MAX - 2 * grain_ns_) {
    return due_ns;
  }
  // Everything due within one grain fires after that grain's end, spread over a part of the next in
  // the original order.
  const uint64_t offset = due_ns % grain_ns_;
  return due_ns - offset + grain_ns_ + offset / 2;
}

}  // namespace sim
