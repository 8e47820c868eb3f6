// Paths that work, but badly: where commands fail now and then, nobody's request fails, and after a
// while others are preferred; where they take longer, a policy that measures sends fewer.
#include <gtest/gtest.h>

#include "scsi/sense.h"
#include "sim/testing/scene.h"

namespace sim {
namespace {

using mpio::PathState;

SceneOptions options(uint32_t paths = 2) {
  SceneOptions options{.paths = paths};
  options.disk.dsm.path_error_limit = 5;
  options.disk.dsm.path_error_window_ms = 10'000;
  options.disk.path_error_hold_ms = 20'000;
  return options;
}

// The next `count` commands at this port are aborted: the first attempt of as many requests, if
// each goes well when it is sent again.
void aborts(Scene& scene, uint32_t path, uint32_t count) {
  array::PortFaults& faults = scene.world.storage->port_faults(path);
  faults.sense_key = scsi::kAbortedCommand;
  faults.sense_code = 0x4703;  // protocol service CRC error
  faults.sense_count = count;
}

void reads_go_well(Scene& scene, unsigned count) {
  for (unsigned i = 0; i < count; ++i) {
    const Scene::Io& io = scene.read(i);
    ASSERT_TRUE(scene.wait(io));
    EXPECT_EQ(io.request.error, 0);
  }
}

std::string health(const Scene& scene, uint32_t path) {
  return scene.status().paths[path].health;
}

TEST(DiskGrading, APathThatFailsTooOftenIsTheLastChoiceForAWhile) {
  Scene scene(options());
  ASSERT_EQ(scene.path_in_use(), 0U);
  aborts(scene, 0, 4);
  reads_go_well(scene, 4);
  EXPECT_EQ(scene.path_in_use(), 0U) << "a few are nothing";
  aborts(scene, 0, 1);
  reads_go_well(scene, 1);
  EXPECT_EQ(scene.path_in_use(), 1U);
  EXPECT_EQ(health(scene, 0), "marginal");
  EXPECT_EQ(scene.state(0), PathState::up) << "it works";
  scene.run_ms(19'000);
  EXPECT_EQ(scene.path_in_use(), 1U);
  scene.run_ms(2'000);
  EXPECT_EQ(health(scene, 0), "up");
}

TEST(DiskGrading, ItIsUsedWhereThereIsNoOther) {
  Scene scene(options());
  aborts(scene, 0, 5);
  reads_go_well(scene, 5);
  ASSERT_EQ(scene.path_in_use(), 1U);
  scene.fault(1, {.refuse_logins = true});
  scene.world.fabric->reset(1);
  reads_go_well(scene, 3);
  EXPECT_EQ(scene.path_in_use(), 0U);
}

TEST(DiskGrading, AnErrorNowAndThenIsNothing) {
  Scene scene(options());
  for (int i = 0; i < 10; ++i) {
    aborts(scene, 0, 3);
    reads_go_well(scene, 3);
    scene.run_ms(10'000);
  }
  EXPECT_EQ(scene.path_in_use(), 0U);
}

TEST(DiskGrading, TheHoldOutlivesALossOfThePath) {
  Scene scene(options(3));
  aborts(scene, 0, 5);
  reads_go_well(scene, 5);
  scene.world.fabric->reset(0);
  ASSERT_NE(scene.time_until(0, PathState::up), UINT64_MAX);
  EXPECT_EQ(health(scene, 0), "marginal");
  EXPECT_NE(scene.path_in_use(), 0U);
}

TEST(DiskGrading, ASlowPathCarriesLittleWhereThePolicyMeasures) {
  Scene scene({.policy = dsm::PolicyId::least_service_time});
  scene.fault(0, {.extra_delay_ns = 2 * kMillisecond});
  reads_go_well(scene, 640);
  const auto ios = [&scene](uint32_t path) { return scene.status().paths[path].ios; };
  EXPECT_LT(ios(0), 40U);
  scene.fault(0, {});
  scene.fault(1, {.extra_delay_ns = 2 * kMillisecond});
  const uint64_t before = ios(0);
  reads_go_well(scene, 640);
  EXPECT_GT(ios(0) - before, 500U) << "and which is slow may change";
}

TEST(DiskGrading, APathThatIsRemovedTakesItsMarkAlong) {
  Scene scene(options());
  aborts(scene, 0, 5);
  reads_go_well(scene, 5);
  scene.host->disk().remove_path(0, [] {});
  scene.run_ms(30'000);
  EXPECT_EQ(scene.status().paths.size(), 1U);
  reads_go_well(scene, 1);
}

}  // namespace
}  // namespace sim
