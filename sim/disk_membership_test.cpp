// Paths that come and go while the disk runs.
#include <gtest/gtest.h>

#include <cerrno>

#include "sim/testing/scene.h"

namespace sim {
namespace {

using mpio::PathState;

class DiskMembership : public ::testing::TestWithParam<uint32_t> {
 protected:
  SceneOptions options(uint32_t paths = 2) const {
    return {.paths = paths, .lanes = GetParam(), .policy = dsm::PolicyId::round_robin};
  }
  static std::vector<mpio::Transport*> transports(Scene& scene, uint32_t path) {
    std::vector<mpio::Transport*> all;
    for (uint32_t lane = 0; lane < scene.world.fabric->lanes(); ++lane) {
      all.push_back(&scene.world.fabric->transport(path, lane));
    }
    return all;
  }
  static bool remove(Scene& scene, unsigned path, uint64_t within_ns = kSecond) {
    bool removed = false;
    scene.host->disk().remove_path(path, [&] { removed = true; });
    return scene.world.run_until([&] { return removed; }, within_ns);
  }
};
INSTANTIATE_TEST_SUITE_P(Lanes, DiskMembership, ::testing::Values(1U, 3U));

TEST_P(DiskMembership, ARemovedPathLogsOutAndTheOthersGoOn) {
  Scene scene(options());
  ASSERT_TRUE(remove(scene, 0));
  EXPECT_EQ(scene.world.storage->nexus_count(), GetParam()) << "one session per lane is left";
  ASSERT_EQ(scene.status().paths.size(), 1U);
  EXPECT_EQ(scene.status().state, "ok");
  const Scene::Io& io = scene.write(5, 0x55);
  ASSERT_TRUE(scene.wait(io));
  EXPECT_EQ(io.request.error, 0);
}

TEST_P(DiskMembership, WhatIsUnderWayOnALeavingPathEndsThere) {
  Scene scene(options());
  for (const unsigned port : {0U, 1U}) {
    scene.world.storage->port_faults(port).delay_ns = 100 * kMillisecond;
  }
  const Scene::Io& first = scene.write(5, 0x51, 1, GetParam() - 1);
  const Scene::Io& second = scene.write(6, 0x52, 1, GetParam() - 1);
  ASSERT_TRUE(remove(scene, 0));
  ASSERT_TRUE(scene.wait(first));
  ASSERT_TRUE(scene.wait(second));
  EXPECT_EQ(first.request.error + second.request.error, 0);
  EXPECT_TRUE(scene.status().unsettled.empty()) << "nothing was cut off";
}

TEST_P(DiskMembership, ADeadPathCanBeRemovedToo) {
  Scene scene(options());
  scene.fault(0, {.hole_out = true, .hole_in = true});
  const Scene::Io& io = scene.read(5);
  EXPECT_TRUE(remove(scene, 0, 4 * kSecond));
  EXPECT_TRUE(scene.wait(io));
  EXPECT_EQ(io.request.error, 0);
}

TEST_P(DiskMembership, ALeavingPathIsLostWithItsLastCommand) {
  Scene scene(options());
  scene.world.storage->port_faults(0).delay_ns = kSecond;
  const Scene::Io& first = scene.read(5);
  const Scene::Io& second = scene.read(6);
  scene.run_ms(10);
  bool removed = false;
  scene.host->disk().remove_path(0, [&] { removed = true; });
  scene.run_ms(10);
  EXPECT_FALSE(removed) << "a command is under way";
  scene.world.fabric->reset(0);
  EXPECT_TRUE(scene.world.run_until([&] { return removed; }, 100 * kMillisecond));
  ASSERT_TRUE(scene.wait(first));
  ASSERT_TRUE(scene.wait(second));
  EXPECT_EQ(first.request.error + second.request.error, 0);
}

TEST_P(DiskMembership, ThePathsLeaveWhileTheDiskAsksForTheAccessStates) {
  SceneOptions asymmetric = options();
  asymmetric.alua = array::AluaMode::implicit_only;
  Scene scene(asymmetric);
  for (const unsigned port : {0U, 1U}) {
    scene.world.storage->port_faults(port).delay_ns = 100 * kMillisecond;
  }
  ASSERT_TRUE(scene.world.storage->set_group_state(1, scsi::AccessState::active_nonoptimized).ok());
  scene.read(5);
  scene.read(6);
  scene.run_ms(150);  // the unit attention has come, the answer that it made the disk ask for not
  unsigned removed = 0;
  for (const unsigned path : {0U, 1U}) {
    scene.host->disk().remove_path(path, [&] { ++removed; });
  }
  EXPECT_TRUE(scene.world.run_until([&] { return removed == 2; }, 2 * kSecond));
}

TEST_P(DiskMembership, APathThatIsAddedIsExaminedAndUsed) {
  Scene scene(options());
  ASSERT_TRUE(remove(scene, 0));
  const unsigned number = scene.host->disk().add_path(transports(scene, 0));
  ASSERT_NE(number, mpio::Disk::kNoPath);
  EXPECT_NE(scene.time_until(number, PathState::up), UINT64_MAX);
  ASSERT_TRUE(remove(scene, 1));
  const Scene::Io& io = scene.write(5, 0x55, 1, GetParam() - 1);
  ASSERT_TRUE(scene.wait(io)) << "it is the only one now";
  EXPECT_EQ(io.request.error, 0);
  EXPECT_EQ(scene.on_medium(5), 0x55);
}

TEST_P(DiskMembership, WithoutAPathRequestsWaitForOneToCome) {
  Scene scene(options());
  ASSERT_TRUE(remove(scene, 0));
  ASSERT_TRUE(remove(scene, 1));
  const Scene::Io& io = scene.write(5, 0x55);
  scene.run_ms(20'000);
  EXPECT_FALSE(io.done);
  ASSERT_NE(scene.host->disk().add_path(transports(scene, 1)), mpio::Disk::kNoPath);
  ASSERT_TRUE(scene.wait(io));
  EXPECT_EQ(io.request.error, 0);
}

// The new path's login must not be taken for one of the old path's session.
TEST_P(DiskMembership, ANumberIsUsedAgainOnlyWhenItsLostWritesAreSettled) {
  Scene scene(options());
  scene.fault(0, {.frozen = true});
  std::vector<const Scene::Io*> lost;
  for (uint64_t block = 0; block < 4; ++block) {
    lost.push_back(&scene.write(block, 0xaa));
  }
  for (const Scene::Io* io : lost) {
    ASSERT_TRUE(scene.wait(*io));
  }
  ASSERT_FALSE(scene.status().unsettled.empty());
  ASSERT_TRUE(remove(scene, 0, 4 * kSecond));
  const unsigned number = scene.host->disk().add_path(transports(scene, 0));
  EXPECT_EQ(number, 2U);
  EXPECT_FALSE(scene.status().unsettled.empty());
  scene.run_ms(100'000);  // no write waits for them, and yet their time passes
  EXPECT_TRUE(scene.status().unsettled.empty());
  EXPECT_EQ(scene.status().presumed_lost_writes, 2U);
}

TEST_P(DiskMembership, TheNumberOfAPathThatIsGoneIsUsedAgain) {
  Scene scene(options(4));
  for (int round = 0; round < 40; ++round) {
    ASSERT_TRUE(remove(scene, 3));
    ASSERT_EQ(scene.host->disk().add_path(transports(scene, 3)), 3U);
    ASSERT_NE(scene.time_until(3, PathState::up), UINT64_MAX);
    scene.run_ms(100);  // each time the path is examined, which is a number of commands
  }
}

}  // namespace
}  // namespace sim
