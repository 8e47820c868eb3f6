// Virtual time: one heap of timers, one thread, integers only. Every event of a simulated world is
// a timer in it, so a run is a pure function of its seed.
//
// Two views. `Clock` fires exactly when asked and belongs to the parts that make the world (fabric,
// faults, array). `HostClock` is what the code under test gets: its timers may fire late, as those
// of a busy machine do, but never early and never out of order.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>

#include "base/prng.h"
#include "base/scheduler.h"
#include "base/timer_queue.h"
#include "mpio/loop.h"

namespace sim {

inline constexpr uint64_t kMicrosecond = 1000;
inline constexpr uint64_t kMillisecond = 1000 * kMicrosecond;
inline constexpr uint64_t kSecond = 1000 * kMillisecond;

class Clock final : public base::Scheduler {
 public:
  uint64_t now_ns() const override { return now_ns_; }
  // A time in the past means now.
  void arm(base::Timer& timer, uint64_t due_ns) override;
  void cancel(base::Timer& timer) override { queue_.cancel(timer); }

  // Fires the next timer, moving time to it; false when none is armed or the next is due after
  // `limit_ns` (time then stays where it is).
  bool step(uint64_t limit_ns = UINT64_MAX);
  // Fires everything due until `until_ns`, then moves time there.
  void run_until(uint64_t until_ns);

  size_t armed() const { return queue_.size(); }
  uint64_t events() const { return events_; }

 private:
  base::TimerQueue queue_;
  uint64_t now_ns_ = 0;
  uint64_t events_ = 0;
};

// Timers of the host under test. With a grain of g ns a timer fires up to 2 g late; 0 means exactly
// on time. deferred timers (due now) are never delayed: an event loop runs them in the same turn.
//
// Each is one thread of the host: what is posted to it arrives after a while that is drawn from
// `seed`, and in order. So the disk's lanes run one at a time here, but learn of each other as late
// as threads do.
class HostClock final : public mpio::Loop {
 public:
  HostClock(Clock& clock, uint64_t grain_ns, uint64_t seed = 0)
      : clock_(clock), grain_ns_(grain_ns), prng_(base::Prng::stream(seed, 0x706f7374)) {}
  ~HostClock() { clock_.cancel(post_timer_); }
  HostClock(const HostClock&) = delete;
  HostClock& operator=(const HostClock&) = delete;

  uint64_t now_ns() const override { return clock_.now_ns(); }
  void arm(base::Timer& timer, uint64_t due_ns) override { clock_.arm(timer, late(due_ns)); }
  void cancel(base::Timer& timer) override { clock_.cancel(timer); }
  void post(std::function<void()> task) override;

 private:
  struct Post {
    uint64_t due_ns;
    std::function<void()> task;
  };

  uint64_t late(uint64_t due_ns) const;
  void run_posts();

  Clock& clock_;
  uint64_t grain_ns_;
  base::Prng prng_;
  std::deque<Post> posts_;
  base::MemberTimer<&HostClock::run_posts> post_timer_{*this};
};

}  // namespace sim
