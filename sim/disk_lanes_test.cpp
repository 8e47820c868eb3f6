// A disk with several lanes, each with a session of its own down every path: what one lane learns
// holds for all, and what one lane lost only its own login settles.
#include <gtest/gtest.h>

#include "sim/testing/scene.h"

namespace sim {
namespace {

using mpio::PathState;

constexpr LinkFaults kFrozen{.frozen = true};
constexpr LinkFaults kRefusing{.refuse_logins = true};

// Longer than any post between two lanes takes here.
constexpr uint64_t kPostMs = 10;

TEST(DiskLanes, EveryLaneHasASessionOfItsOwnDownEveryPath) {
  Scene scene({.lanes = 3});
  EXPECT_EQ(scene.world.storage->nexus_count(), 6U);
  EXPECT_EQ(scene.status().lanes, 3U);
  EXPECT_EQ(scene.status().paths[0].logins, 3U);
}

TEST(DiskLanes, EveryLaneServesRequestsOnceStarted) {
  Scene scene({.lanes = 3});
  for (uint32_t lane = 0; lane < 3; ++lane) {
    const Scene::Io& io = scene.write(lane, static_cast<uint8_t>(0x10 + lane), 1, lane);
    ASSERT_TRUE(scene.wait(io));
    EXPECT_EQ(io.request.error, 0);
    EXPECT_EQ(scene.on_medium(lane), 0x10 + lane);
  }
  const mpio::DiskStatus status = scene.status();
  EXPECT_EQ(status.paths[0].ios + status.paths[1].ios, 3U) << "the counters of all lanes add up";
}

TEST(DiskLanes, APathThatOneLaneLosesIsLostForAll) {
  Scene scene({.lanes = 2});
  ASSERT_EQ(scene.path_in_use(), 0U);
  scene.world.fabric->reset(0, 1);
  scene.run_ms(kPostMs);
  EXPECT_EQ(scene.state(0), PathState::down);
  EXPECT_EQ(scene.path_in_use(), 1U) << "lane 0 has a session on path 0, but the path is suspect";
  EXPECT_NE(scene.time_until(0, PathState::up), UINT64_MAX);
  EXPECT_EQ(scene.status().paths[0].logins, 3U) << "only the lost session was made anew";
}

TEST(DiskLanes, RequestsOfALostLaneAreServedWithin10Ms) {
  Scene scene({.lanes = 2});
  const Scene::Io& io = scene.write(5, 0x55, 1, 1);
  scene.world.fabric->reset(0, 1);
  ASSERT_TRUE(scene.wait(io));
  EXPECT_EQ(io.request.error, 0);
  EXPECT_LE(io.took_ns(), 10 * kMillisecond);
}

TEST(DiskLanes, APathIsBackOnlyWhenAllItsLanesAre) {
  Scene scene({.lanes = 2});
  scene.fault(0, kRefusing);
  scene.world.fabric->reset(0, 1);
  scene.run_ms(3'000);
  EXPECT_EQ(scene.state(0), PathState::down);
  scene.fault(0, {});
  EXPECT_NE(scene.time_until(0, PathState::up), UINT64_MAX);
}

TEST(DiskLanes, ALostWriteOfOneLaneHoldsNewerOnesOfAllLanes) {
  Scene scene({.lanes = 2});
  scene.fault(0, kFrozen);
  const Scene::Io& lost = scene.write(5, 0xaa, 4, 1);
  ASSERT_TRUE(scene.wait(lost)) << "its identical retry goes elsewhere";
  EXPECT_EQ(lost.request.error, 0);
  ASSERT_EQ(scene.status().unsettled.size(), 1U);

  const Scene::Io& newer = scene.write(7, 0xbb, 1, 0);
  const Scene::Io& beside = scene.write(9, 0xcc, 1, 0);
  const Scene::Io& reading = scene.read(5, 1, 0);
  ASSERT_TRUE(scene.wait(beside));
  ASSERT_TRUE(scene.wait(reading));
  EXPECT_EQ(reading.first_byte(), 0xaa);
  scene.run_ms(20'000);
  EXPECT_FALSE(newer.done);

  scene.fault(0, {});
  ASSERT_TRUE(scene.wait(newer));
  EXPECT_EQ(newer.request.error, 0);
  scene.run_ms(5'000);
  EXPECT_EQ(scene.on_medium(7), 0xbb) << "the old write must not come back";
}

// The frozen target holds lane 1's write; lane 0's session to the same port is another I_T nexus,
// and its login ends no task of lane 1's.
TEST(DiskLanes, AnotherLanesLoginSettlesNothing) {
  Scene scene({.lanes = 2});
  scene.world.storage->port_faults(0).delay_ns = 100 * kSecond;
  const Scene::Io& lost = scene.write(5, 0xaa, 1, 1);
  ASSERT_TRUE(scene.wait(lost)) << "after its deadline it is retried elsewhere";
  scene.world.storage->port_faults(0).delay_ns = 0;
  ASSERT_FALSE(scene.status().unsettled.empty());
  scene.world.fabric->reset(0, 0);  // lane 0 logs in again
  scene.run_ms(kPostMs);
  const uint64_t logins = scene.status().paths[0].logins;
  scene.world.run_until([&] { return scene.status().paths[0].logins > logins; }, kSecond);
  // Whichever lane was first: the record goes with lane 1's login and not before.
  const Scene::Io& newer = scene.write(5, 0xbb, 1, 0);
  ASSERT_TRUE(scene.wait(newer));
  scene.run_ms(120'000);
  EXPECT_EQ(scene.on_medium(5), 0xbb);
  EXPECT_TRUE(scene.world.findings.list().empty()) << scene.world.findings.list().front().text;
}

TEST(DiskLanes, StopDrainsAndLogsOutEveryLane) {
  Scene scene({.lanes = 3});
  scene.world.storage->port_faults(0).delay_ns = 500 * kMillisecond;
  scene.world.storage->port_faults(1).delay_ns = 500 * kMillisecond;
  const Scene::Io& io = scene.write(5, 0x33, 1, 2);
  bool stopped = false;
  scene.host->disk().stop(10'000, [&] { stopped = true; });
  scene.run_ms(kPostMs);
  const Scene::Io& refused = scene.write(6, 0x44, 1, 1);
  ASSERT_TRUE(scene.world.run_until([&] { return stopped; }, 5 * kSecond));
  EXPECT_EQ(io.request.error, 0);
  EXPECT_TRUE(refused.done);
  EXPECT_EQ(refused.request.error, EIO);
  EXPECT_EQ(scene.world.storage->nexus_count(), 0U) << "every session was logged out";
}

TEST(DiskLanes, OneLaneThatCannotDrainDoesNotKeepTheOthers) {
  Scene scene({.lanes = 2});
  scene.world.storage->port_faults(0).delay_ns = 100 * kSecond;
  scene.world.storage->port_faults(1).delay_ns = 100 * kSecond;
  const Scene::Io& io = scene.read(5, 1, 1);
  bool stopped = false;
  scene.host->disk().stop(2'000, [&] { stopped = true; });
  ASSERT_TRUE(scene.world.run_until([&] { return stopped; }, 3 * kSecond));
  EXPECT_TRUE(io.done);
  EXPECT_EQ(io.request.error, EIO);
}

}  // namespace
}  // namespace sim
