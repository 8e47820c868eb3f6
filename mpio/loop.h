// A thread of the disk as the disk sees it: a clock, timers, and a way in for other threads.
// io::EventLoop is one; so is the simulator's host clock.
#pragma once

#include <functional>

#include "base/scheduler.h"

namespace mpio {

// now_ns() may be called by any thread, and all loops of a disk count the same nanoseconds.
class Loop : public base::Scheduler {
 public:
  // Thread-safe. Runs `task` in this loop's thread soon, never from inside post(), and in the order
  // of the posts.
  virtual void post(std::function<void()> task) = 0;

 protected:
  ~Loop() = default;
};

}  // namespace mpio
