// For tests: a clock that only the test moves, and the timers on it.
#pragma once

#include <algorithm>

#include "base/scheduler.h"
#include "base/timer_queue.h"

namespace base::testing {

class ManualScheduler final : public Scheduler {
 public:
  uint64_t now_ns() const override { return now_ns_; }
  void arm(Timer& timer, uint64_t due_ns) override { timers_.arm(timer, due_ns); }
  void cancel(Timer& timer) override { timers_.cancel(timer); }
  bool idle() const { return timers_.empty(); }

  // Fires what is due, and what that arms for now.
  void run_due() { advance(0); }
  // Fires what falls due meanwhile, each at its own time, in order.
  void advance(uint64_t ns) {
    const uint64_t until_ns = now_ns_ + ns;
    while (!timers_.empty() && timers_.next_due_ns() <= until_ns) {
      now_ns_ = std::max(now_ns_, timers_.next_due_ns());
      timers_.pop().fire();
    }
    now_ns_ = until_ns;
  }

 private:
  TimerQueue timers_;
  uint64_t now_ns_ = 1'000'000'000;
};

}  // namespace base::testing
