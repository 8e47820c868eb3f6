// What the disk promises, one promise per test, on the virtual clock: stalls, silence, deadlines,
// recovery, and the late-write rule.
#include <gtest/gtest.h>

#include <cerrno>

#include "sim/testing/scene.h"

namespace sim {
namespace {

using mpio::PathState;

constexpr LinkFaults kBlackHole{.hole_out = true, .hole_in = true};
constexpr LinkFaults kFrozen{.frozen = true};
constexpr LinkFaults kRefusing{.refuse_logins = true};

TEST(DiskScenario, AResetConnectionCostsAtMost10Ms) {
  Scene scene({});
  ASSERT_EQ(scene.path_in_use(), 0U);
  const Scene::Io& io = scene.write(5, 0x11);
  scene.world.fabric->reset(0);
  ASSERT_TRUE(scene.wait(io));
  EXPECT_EQ(io.request.error, 0);
  EXPECT_LE(io.took_ns(), 10 * kMillisecond);
  EXPECT_EQ(scene.on_medium(5), 0x11);
  EXPECT_EQ(scene.path_in_use(), 1U);
}

TEST(DiskScenario, ABlackHoleIsLeftWithinTwoSeconds) {
  Scene scene({});
  scene.fault(0, kBlackHole);
  const Scene::Io& first = scene.read(5);
  ASSERT_TRUE(scene.wait(first));
  EXPECT_EQ(first.request.error, 0);
  EXPECT_LE(first.took_ns(), 2 * kSecond);
  EXPECT_GE(first.took_ns(), kSecond) << "a slow target must not be taken for a dead one";
  EXPECT_EQ(scene.state(0), PathState::down);
  const Scene::Io& second = scene.read(6);
  ASSERT_TRUE(scene.wait(second));
  EXPECT_LE(second.took_ns(), 5 * kMillisecond);
}

TEST(DiskScenario, ASuspectPathIsAvoidedBeforeItIsGivenUp) {
  Scene scene({});
  scene.fault(0, kBlackHole);
  scene.read(5);
  scene.time_until(0, PathState::suspect);
  ASSERT_EQ(scene.state(0), PathState::suspect);
  EXPECT_EQ(scene.path_in_use(), 1U);
}

TEST(DiskScenario, AnIdlePathThatFallsSilentIsFoundOut) {
  Scene scene({});
  scene.fault(1, kBlackHole);
  EXPECT_LE(scene.time_until(1, PathState::down), 7 * kSecond);
  EXPECT_EQ(scene.path_in_use(), 0U);
}

TEST(DiskScenario, ASlowTargetIsWaitedForAsLongAsItAnswersNops) {
  Scene scene({.paths = 1});
  scene.world.storage->port_faults(0).delay_ns = 10 * kSecond;
  const Scene::Io& io = scene.read(5);
  ASSERT_TRUE(scene.wait(io));
  EXPECT_EQ(io.request.error, 0);
  EXPECT_GE(io.took_ns(), 10 * kSecond);
  EXPECT_EQ(scene.status().paths[0].failovers, 0U);
}

TEST(DiskScenario, ACommandPastItsDeadlineCostsThePathThoughNopsAreAnswered) {
  Scene scene({});
  scene.world.storage->port_faults(0).drop_replies = 1;
  const Scene::Io& io = scene.read(5);
  ASSERT_TRUE(scene.wait(io));
  EXPECT_EQ(io.request.error, 0);
  EXPECT_GE(io.took_ns(), 30 * kSecond);
  EXPECT_LE(io.took_ns(), 32 * kSecond);
}

TEST(DiskScenario, AnnouncedAccessChangeCostsAtMost5Ms) {
  Scene scene({.paths = 4, .alua = array::AluaMode::implicit_only});
  ASSERT_EQ(scene.path_in_use() % 2, 0U);
  ASSERT_TRUE(scene.world.storage->set_group_state(1, scsi::AccessState::active_nonoptimized).ok());
  ASSERT_TRUE(scene.world.storage->set_group_state(2, scsi::AccessState::active_optimized).ok());
  const Scene::Io& io = scene.read(5);
  ASSERT_TRUE(scene.wait(io));
  EXPECT_LE(io.took_ns(), 5 * kMillisecond);
  EXPECT_EQ(scene.path_in_use() % 2, 1U);
}

TEST(DiskScenario, AnAccessChangeIsHeardOfThoughOnlyTheDiskItselfAsksSomething) {
  Scene scene({.paths = 4, .alua = array::AluaMode::implicit_only});
  ASSERT_EQ(scene.path_in_use() % 2, 0U);
  ASSERT_TRUE(scene.world.storage->set_group_state(1, scsi::AccessState::active_nonoptimized).ok());
  ASSERT_TRUE(scene.world.storage->set_group_state(2, scsi::AccessState::active_optimized).ok());
  scene.run_ms(31'000);  // every path has been looked at, and has told it to whoever asked
  EXPECT_EQ(scene.path_in_use() % 2, 1U);
}

TEST(DiskScenario, AStandbyControllerTakesOverByExplicitRequest) {
  Scene scene({.paths = 4,
               .alua = array::AluaMode::explicit_only,
               .passive_state = scsi::AccessState::standby});
  scene.fault(0, kRefusing);
  scene.fault(2, kRefusing);
  scene.world.fabric->reset(0);
  scene.world.fabric->reset(2);
  const Scene::Io& io = scene.write(5, 0x22);
  ASSERT_TRUE(scene.wait(io));
  EXPECT_EQ(io.request.error, 0);
  EXPECT_LE(io.took_ns(), 20 * kMillisecond);
  EXPECT_EQ(scene.world.storage->groups().state(2), scsi::AccessState::active_optimized);
}

TEST(DiskScenario, APathThatCameBackProvesItselfBeforeItIsUsed) {
  Scene scene({});
  scene.world.fabric->reset(0);
  ASSERT_LE(scene.time_until(0, PathState::stabilising), kSecond);
  EXPECT_EQ(scene.path_in_use(), 1U);
  const uint64_t held = scene.time_until(0, PathState::up);
  EXPECT_GE(held, 900 * kMillisecond);
  EXPECT_LE(held, 1'100 * kMillisecond);
}

TEST(DiskScenario, AFlappingPathIsHeldLongerEachTime) {
  Scene scene({});
  uint64_t before = 0;
  for (int flap = 0; flap < 4; ++flap) {
    scene.world.fabric->reset(0);
    ASSERT_NE(scene.time_until(0, PathState::stabilising), UINT64_MAX);
    const uint64_t held = scene.time_until(0, PathState::up);
    EXPECT_GE(held, before);
    before = held;
  }
  EXPECT_GE(before, 4 * kSecond);
  EXPECT_LE(before, 11 * kSecond);
}

TEST(DiskScenario, TheOnlyPathIsUsedAtOnceHoweverUnstable) {
  Scene scene({.paths = 1});
  scene.world.fabric->reset(0);
  const Scene::Io& io = scene.read(5);
  ASSERT_TRUE(scene.wait(io));
  EXPECT_EQ(io.request.error, 0);
  EXPECT_LE(io.took_ns(), 500 * kMillisecond);
}

TEST(DiskScenario, WithoutAnyPathRequestsWaitAndThenFailTogether) {
  Scene scene({});
  for (const uint32_t path : {0U, 1U}) {
    scene.fault(path, kRefusing);
    scene.world.fabric->reset(path);
  }
  scene.run_ms(10);
  const Scene::Io& early = scene.write(5, 1);
  scene.run_ms(50'000);
  EXPECT_FALSE(early.done);
  const Scene::Io& late = scene.read(6);
  ASSERT_TRUE(scene.wait(late));
  ASSERT_TRUE(scene.wait(early));
  EXPECT_EQ(early.request.error, EIO);
  EXPECT_NEAR(static_cast<double>(early.took_ns()), 60e9, 0.1e9);
  EXPECT_LE(late.took_ns(), 11 * kSecond) << "the deadline is the disk's, not each request's";
  const Scene::Io& at_once = scene.read(7);
  ASSERT_TRUE(scene.wait(at_once));
  EXPECT_LE(at_once.took_ns(), kMillisecond);

  scene.fault(1, {});
  ASSERT_NE(scene.time_until(1, PathState::up), UINT64_MAX);
  const Scene::Io& again = scene.read(8);
  ASSERT_TRUE(scene.wait(again));
  EXPECT_EQ(again.request.error, 0);
}

TEST(DiskScenario, StopWaitsForRequestsAndLogsOut) {
  Scene scene({});
  scene.world.storage->port_faults(0).delay_ns = 500 * kMillisecond;
  const Scene::Io& io = scene.write(5, 0x33);
  bool stopped = false;
  scene.host->disk().stop(10'000, [&] { stopped = true; });
  ASSERT_TRUE(scene.world.run_until([&] { return stopped; }, 5 * kSecond));
  EXPECT_TRUE(io.done);
  EXPECT_EQ(io.request.error, 0);
  EXPECT_EQ(scene.world.storage->nexus_count(), 0U) << "every session was logged out";
}

TEST(DiskScenario, StopDoesNotWaitForATargetThatSwallowsTheLogout) {
  Scene scene({});
  scene.fault(0, kBlackHole);
  bool stopped = false;
  scene.host->disk().stop(10'000, [&] { stopped = true; });
  ASSERT_TRUE(scene.world.run_until([&] { return stopped; }, 12 * kSecond));
  const uint64_t logins = scene.status().paths[0].logins;
  scene.fault(0, {});
  scene.run_ms(20'000);
  EXPECT_EQ(scene.status().paths[0].logins, logins) << "a stopped disk logs in again";
}

// --- the late-write rule
// ------------------------------------------------------------------------------

TEST(LateWrite, ANewerOverlappingWriteWaitsForTheLoginToTheFrozenPort) {
  Scene scene({});
  scene.fault(0, kFrozen);
  const Scene::Io& lost = scene.write(5, 0xaa, 4);
  ASSERT_TRUE(scene.wait(lost)) << "its identical retry goes elsewhere at once";
  EXPECT_LE(lost.took_ns(), 2 * kSecond);
  EXPECT_EQ(scene.status().unsettled.size(), 1U);

  const Scene::Io& newer = scene.write(7, 0xbb);
  const Scene::Io& beside = scene.write(9, 0xcc);
  const Scene::Io& reading = scene.read(5);
  ASSERT_TRUE(scene.wait(beside));
  ASSERT_TRUE(scene.wait(reading));
  EXPECT_LE(beside.took_ns(), 5 * kMillisecond);
  EXPECT_LE(reading.took_ns(), 5 * kMillisecond);
  EXPECT_EQ(reading.first_byte(), 0xaa);
  scene.run_ms(20'000);
  EXPECT_FALSE(newer.done);

  scene.fault(0, {});  // the thawed target executes the old write late, then lets us in again
  ASSERT_TRUE(scene.wait(newer));
  EXPECT_EQ(newer.request.error, 0);
  EXPECT_TRUE(scene.status().unsettled.empty());
  scene.run_ms(5'000);
  EXPECT_EQ(scene.on_medium(7), 0xbb) << "the old write must not come back";
  EXPECT_EQ(scene.on_medium(5), 0xaa);
}

TEST(LateWrite, AfterTheLossTimeItCountsAsDeadAndThatIsSaid) {
  Scene scene({});
  scene.fault(0, kBlackHole);
  const Scene::Io& lost = scene.write(5, 0xaa);
  ASSERT_TRUE(scene.wait(lost));
  const Scene::Io& newer = scene.write(5, 0xbb);
  ASSERT_TRUE(scene.wait(newer));
  EXPECT_EQ(newer.request.error, 0);
  EXPECT_NEAR(static_cast<double>(newer.took_ns()), 60e9, 1e9);
  EXPECT_EQ(scene.status().presumed_lost_writes, 1U);
}

TEST(LateWrite, ReadsLeaveNoRecord) {
  Scene scene({});
  scene.fault(0, kFrozen);
  const Scene::Io& lost = scene.read(5);
  ASSERT_TRUE(scene.wait(lost));
  EXPECT_TRUE(scene.status().unsettled.empty());
}

}  // namespace
}  // namespace sim
