// A heap of armed timers in the order (due, armed first). Hosted: it grows. Both the event loop and
// the simulator's clock are built on it, so that timers fire in the same order in both.
#pragma once

#include <cstdint>
#include <vector>

#include "base/scheduler.h"

namespace base {

class TimerQueue {
 public:
  bool empty() const { return heap_.empty(); }
  size_t size() const { return heap_.size(); }
  uint64_t next_due_ns() const { return heap_.front()->due; }

  void arm(Timer& timer, uint64_t due_ns);
  void cancel(Timer& timer);
  // Takes the first timer out of the queue; the caller fires it.
  Timer& pop();

 private:
  static bool before(const Timer& a, const Timer& b) {
    return a.due != b.due ? a.due < b.due : a.sequence < b.sequence;
  }
  void place(Timer& timer, size_t at);
  void sift_up(size_t at);
  void sift_down(size_t at);

  std::vector<Timer*> heap_;
  uint64_t sequence_ = 0;
};

}  // namespace base
