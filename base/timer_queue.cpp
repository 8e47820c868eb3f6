// Binary heap with back-pointers, so that cancel is O(log n).
#include "base/timer_queue.h"

namespace base {

void TimerQueue::place(Timer& timer, size_t at) {
  heap_[at] = &timer;
  timer.position = at;
}

void TimerQueue::sift_up(size_t at) {
  Timer& timer = *heap_[at];
  while (at != 0 && before(timer, *heap_[(at - 1) / 2])) {
    place(*heap_[(at - 1) / 2], at);
    at = (at - 1) / 2;
  }
  place(timer, at);
}

void TimerQueue::sift_down(size_t at) {
  Timer& timer = *heap_[at];
  for (;;) {
    size_t child = 2 * at + 1;
    if (child >= heap_.size()) {
      break;
    }
    if (child + 1 < heap_.size() && before(*heap_[child + 1], *heap_[child])) {
      ++child;
    }
    if (!before(*heap_[child], timer)) {
      break;
    }
    place(*heap_[child], at);
    at = child;
  }
  place(timer, at);
}

void TimerQueue::arm(Timer& timer, uint64_t due_ns) {
  cancel(timer);
  timer.due = due_ns;
  timer.sequence = sequence_++;
  heap_.push_back(&timer);
  sift_up(heap_.size() - 1);
}

void TimerQueue::cancel(Timer& timer) {
  if (!timer.armed()) {
    return;
  }
  const size_t at = timer.position;
  timer.position = Timer::kIdle;
  Timer* const last = heap_.back();
  heap_.pop_back();
  if (last != &timer) {
    place(*last, at);
    sift_up(at);
    sift_down(last->position);
  }
}

Timer& TimerQueue::pop() {
  Timer& first = *heap_.front();
  cancel(first);
  return first;
}

}  // namespace base
