// A scheduler that runs when the test says so, on a clock that the test moves.
#pragma once

#include "base/scheduler.h"
#include "base/timer_queue.h"

namespace io::nbd::testing {

class ManualScheduler final : public base::Scheduler {
 public:
  uint64_t now_ns() const override { return now_ns_; }
  void arm(base::Timer& timer, uint64_t due_ns) override { timers_.arm(timer, due_ns); }
  void cancel(base::Timer& timer) override { timers_.cancel(timer); }

  // Fires what is due, and what that arms for now.
  void run() {
    while (!timers_.empty() && timers_.next_due_ns() <= now_ns_) {
      timers_.pop().fire();
    }
  }

 private:
  uint64_t now_ns_ = 1;
  base::TimerQueue timers_;
};

}  // namespace io::nbd::testing
