// For tests: a loop of the disk on a clock that only the test moves.
#pragma once

#include <deque>
#include <functional>
#include <utility>

#include "base/testing/manual_scheduler.h"
#include "mpio/loop.h"

namespace io::sg::testing {

class ManualLoop final : public mpio::Loop {
 public:
  ~ManualLoop() { clock_.cancel(posts_timer_); }

  uint64_t now_ns() const override { return clock_.now_ns(); }
  void arm(base::Timer& timer, uint64_t due_ns) override { clock_.arm(timer, due_ns); }
  void cancel(base::Timer& timer) override { clock_.cancel(timer); }
  void post(std::function<void()> task) override {
    posts_.push_back(std::move(task));
    clock_.defer(posts_timer_);
  }

  void advance(uint64_t ns) { clock_.advance(ns); }
  // In steps of a millisecond; false: it did not come true in time.
  bool advance_until(const std::function<bool()>& condition, uint64_t within_ns) {
    constexpr uint64_t kStepNs = 1'000'000;
    for (uint64_t passed = 0; !condition(); passed += kStepNs) {
      if (passed >= within_ns) {
        return false;
      }
      advance(kStepNs);
    }
    return true;
  }

 private:
  void run_posts() {
    for (size_t left = posts_.size(); left > 0; --left) {
      const auto task = std::move(posts_.front());
      posts_.pop_front();
      task();
    }
    if (!posts_.empty()) {
      clock_.defer(posts_timer_);
    }
  }

  base::testing::ManualScheduler clock_;
  std::deque<std::function<void()>> posts_;
  base::MemberTimer<&ManualLoop::run_posts> posts_timer_{*this};
};

}  // namespace io::sg::testing
