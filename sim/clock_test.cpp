// Order and lateness of virtual timers.
#include "sim/clock.h"

#include <gtest/gtest.h>

#include <vector>

namespace sim {
namespace {

struct Probe {
  explicit Probe(int probe_id, std::vector<int>& probe_log) : id(probe_id), log(probe_log) {}
  void fire() { log.push_back(id); }
  int id;
  std::vector<int>& log;
  base::MemberTimer<&Probe::fire> timer{*this};
};

TEST(Clock, FiresInOrderOfTimeThenOfArming) {
  Clock clock;
  std::vector<int> log;
  Probe a(1, log), b(2, log), c(3, log);
  clock.arm(a.timer, 20);
  clock.arm(b.timer, 10);
  clock.arm(c.timer, 20);
  EXPECT_EQ(clock.armed(), 3U);
  EXPECT_FALSE(clock.step(9));
  EXPECT_EQ(clock.now_ns(), 0U);
  clock.run_until(20);
  EXPECT_EQ(log, (std::vector<int>{2, 1, 3}));
  EXPECT_EQ(clock.now_ns(), 20U);
  EXPECT_EQ(clock.events(), 3U);
}

TEST(Clock, TimeNeverGoesBack) {
  Clock clock;
  std::vector<int> log;
  Probe a(1, log);
  clock.run_until(100);
  clock.arm(a.timer, 5);
  ASSERT_TRUE(clock.step());
  EXPECT_EQ(clock.now_ns(), 100U);
}

TEST(HostClock, TimersAreLateButNeverEarlyAndNeverOvertakeEachOther) {
  Clock clock;
  HostClock host(clock, 1000);
  std::vector<int> log;
  Probe a(1, log), b(2, log), c(3, log);
  host.arm(c.timer, 1501);
  host.arm(b.timer, 996);
  host.arm(a.timer, 990);
  EXPECT_GE(a.timer.due_ns(), 990U);
  EXPECT_LE(a.timer.due_ns(), 990U + 2000U);
  EXPECT_GT(a.timer.due_ns(), 990U);
  clock.run_until(10000);
  EXPECT_EQ(log, (std::vector<int>{1, 2, 3}));
}

TEST(HostClock, DeferredTimersFireAtOnce) {
  Clock clock;
  HostClock host(clock, 1000);
  std::vector<int> log;
  Probe a(1, log);
  clock.run_until(500);
  host.defer(a.timer);
  EXPECT_EQ(a.timer.due_ns(), 500U);
  clock.step();
  EXPECT_EQ(log.size(), 1U);
}

}  // namespace
}  // namespace sim
