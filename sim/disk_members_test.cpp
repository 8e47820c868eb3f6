// Two disks that lead to one LUN as members of one: the late-write rule holds among their clients.
#include <gtest/gtest.h>

#include "sim/testing/two_hosts.h"

namespace sim {
namespace {

constexpr auto kFailOver = dsm::PolicyId::fail_over_only;

// The first host has written; what it sent down its first path may still be executed.
void leave_a_write_behind(TwoHosts& world) {
  world.first->fabric().set_faults(0, {.frozen = true});
  EXPECT_EQ(world.first->write(), 0) << "down the other path";
}

TEST(Members, NoneOvertakesWhatAnotherHasLost) {
  TwoHosts world(2, kFailOver, true);
  leave_a_write_behind(world);
  const auto& write = world.second->begin(mpio::BlockOp::write);
  world.run_ms(20'000);
  EXPECT_FALSE(write.done);
  world.first->heal(0);
  EXPECT_TRUE(world.run_until([&] { return write.done; }, 10 * kSecond)) << "told at once";
  EXPECT_EQ(write.request.error, 0);
}

TEST(Members, StrangersKnowNothingOfIt) {
  TwoHosts world(2, kFailOver, false);
  leave_a_write_behind(world);
  EXPECT_EQ(world.second->write(), 0);
}

TEST(Members, WhatIsLeftIsSettledByWhoFollows) {
  TwoHosts world(2, kFailOver, true);
  leave_a_write_behind(world);
  world.first.reset();
  const auto& write = world.second->begin(mpio::BlockOp::write);
  world.run_ms(10'000);
  EXPECT_FALSE(write.done);
  world.first = std::make_unique<TwoHosts::Host>(world, "iqn.2026-11.dev.dsmkit:first", kFailOver);
  EXPECT_TRUE(world.run_until([&] { return write.done; }, 10 * kSecond));
}

TEST(Members, OrByTime) {
  TwoHosts world(2, kFailOver, true);
  leave_a_write_behind(world);
  world.first.reset();
  const auto& write = world.second->begin(mpio::BlockOp::write);
  EXPECT_TRUE(world.run_until([&] { return write.done; }, 61 * kSecond));
  EXPECT_EQ(world.second->disk().status().presumed_lost_writes, 1U);
}

}  // namespace
}  // namespace sim
