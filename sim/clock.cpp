// See clock.h. The delay of HostClock is a monotone function of the due time, so two timers never
// change places.
#include "sim/clock.h"

#include <algorithm>
#include <utility>

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

void HostClock::post(std::function<void()> task) {
  // Mostly the few microseconds of a wake-up, now and then a thread that did not get its processor.
  const uint64_t delay =
      prng_.chance(1, 16) ? prng_.below(5 * kMillisecond) : prng_.below(20 * kMicrosecond);
  uint64_t due = clock_.now_ns() + delay;
  due = posts_.empty() ? due : std::max(due, posts_.back().due_ns);
  posts_.push_back({due, std::move(task)});
  clock_.arm(post_timer_, posts_.front().due_ns);
}

// One at a time: the other lanes may get their turn in between.
void HostClock::run_posts() {
  const std::function<void()> task = std::move(posts_.front().task);
  posts_.pop_front();
  if (!posts_.empty()) {
    clock_.arm(post_timer_, posts_.front().due_ns);
  }
  task();
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
