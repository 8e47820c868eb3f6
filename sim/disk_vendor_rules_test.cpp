// What a vendor's rules and devices do to the disk: where a command is tried again and when, who is
// told to take over, whom the disk does not take.
#include <gtest/gtest.h>

#include <cerrno>

#include "scsi/opcodes.h"
#include "scsi/sense.h"
#include "sim/testing/scene.h"

namespace sim {
namespace {

using mpio::PathState;

constexpr uint8_t kAsc = 0x80;

constexpr dsm::ErrorRow row(const dsm::Verdict& verdict,
                            dsm::FollowUp follow_up = dsm::FollowUp::nothing) {
  return {.name = "vendor-rule",
          .explain = "of the vendor",
          .needs_sense = true,
          .key = scsi::kNotReady,
          .asc = kAsc,
          .verdict = verdict,
          .follow_up = follow_up};
}

SceneOptions with(const dsm::ErrorRow& rule, SceneOptions options = {}) {
  options.disk.dsm.vendor_rows = {&rule, 1};
  return options;
}

// The next `count` commands at this port meet with the vendor's sense.
void refuse(Scene& scene, uint32_t path, uint32_t count) {
  array::PortFaults& faults = scene.world.storage->port_faults(path);
  faults.sense_key = scsi::kNotReady;
  faults.sense_code = kAsc << 8;
  faults.sense_count = count;
}

uint64_t decided(const Scene& scene) {
  for (const mpio::RuleCount& rule : scene.status().error_rules) {
    if (rule.name == "vendor-rule") {
      EXPECT_TRUE(rule.of_vendor);
      return rule.count;
    }
  }
  return 0;
}

TEST(DiskVendorRules, TheRulesPauseIsKept) {
  constexpr dsm::ErrorRow kRule = row(
      {.retry = true, .free = true, .interval = dsm::Interval::milliseconds, .interval_ms = 300});
  Scene scene(with(kRule, {.paths = 1}));
  refuse(scene, 0, 20);
  const Scene::Io& io = scene.read(5);
  ASSERT_TRUE(scene.wait(io));
  EXPECT_EQ(io.request.error, 0) << "not counted: more often than retries are allowed";
  EXPECT_GE(io.took_ns(), 20 * 300 * kMillisecond);
  EXPECT_LE(io.took_ns(), 20 * 310 * kMillisecond);
  EXPECT_EQ(decided(scene), 20U);
}

TEST(DiskVendorRules, ARetryAtOnceHasNoPauseAndIsCounted) {
  constexpr dsm::ErrorRow kRule = row({.retry = true, .interval = dsm::Interval::immediate});
  SceneOptions options = with(kRule, {.paths = 1});
  options.disk.retry_limit = 30;
  Scene scene(options);
  refuse(scene, 0, 30);
  const Scene::Io& good = scene.read(5);
  ASSERT_TRUE(scene.wait(good));
  EXPECT_EQ(good.request.error, 0);
  EXPECT_LE(good.took_ns(), 100 * kMillisecond);
  refuse(scene, 0, 31);
  const Scene::Io& bad = scene.read(5);
  ASSERT_TRUE(scene.wait(bad));
  EXPECT_EQ(bad.request.error, EIO);
}

TEST(DiskVendorRules, AnotherPathIsTakenWhereThePolicyLeavesOne) {
  constexpr dsm::ErrorRow kRule = row({.retry = true, .target = dsm::Target::other_path});
  Scene scene(with(kRule, {.policy = dsm::PolicyId::least_queue_depth}));
  // The second path has more to do than the first, so the policy alone would stay where it is.
  scene.world.storage->port_faults(1).delay_ns = kSecond;
  for (uint64_t block = 0; block < 4; ++block) {
    scene.read(block);
  }
  scene.run_ms(100);
  refuse(scene, 0, 5);
  const Scene::Io& elsewhere = scene.read(5);
  ASSERT_TRUE(scene.wait(elsewhere));
  EXPECT_EQ(elsewhere.request.error, 0);
  EXPECT_EQ(decided(scene), 1U) << "the first path was not tried again";

  Scene alone(with(kRule, {.paths = 1}));
  refuse(alone, 0, 2);
  const Scene::Io& io = alone.read(5);
  ASSERT_TRUE(alone.wait(io));
  EXPECT_EQ(io.request.error, 0) << "where there is no other, the same";
}

TEST(DiskVendorRules, APassiveControllerIsToldToTakeOver) {
  constexpr dsm::ErrorRow kRule = row(
      {.retry = true, .target = dsm::Target::same_path, .free = true}, dsm::FollowUp::start_unit);
  Scene scene(with(kRule, {.passive = array::PassiveAnswer{scsi::kNotReady, kAsc << 8}}));
  const uint32_t path = scene.path_in_use();
  ASSERT_TRUE(scene.world.storage->take_over(1 - path % 2).ok());
  std::vector<const Scene::Io*> all;
  for (uint64_t block = 0; block < 8; ++block) {
    all.push_back(&scene.write(block, 0x42));
  }
  for (const Scene::Io* io : all) {
    ASSERT_TRUE(scene.wait(*io));
    EXPECT_EQ(io->request.error, 0);
    EXPECT_LE(io->took_ns(), 100 * kMillisecond);
  }
  EXPECT_EQ(scene.world.storage->owner(), path % 2);
  EXPECT_EQ(scene.on_medium(7), 0x42);
  EXPECT_GE(decided(scene), 1U);
  EXPECT_EQ(scene.state(path), PathState::up);
  EXPECT_EQ(scene.status().paths[path].failovers, 0U);
}

TEST(DiskVendorRules, ThePassiveControllerTakesOverWhenThePathsToTheOwnerAreLost) {
  constexpr dsm::ErrorRow kRule = row(
      {.retry = true, .target = dsm::Target::same_path, .free = true}, dsm::FollowUp::start_unit);
  Scene scene(with(kRule, {.passive = array::PassiveAnswer{scsi::kNotReady, kAsc << 8}}));
  const uint32_t path = scene.path_in_use();
  scene.fault(path, {.refuse_logins = true});
  scene.world.fabric->reset(path);
  const Scene::Io& io = scene.write(9, 0x43);
  ASSERT_TRUE(scene.wait(io));
  EXPECT_EQ(io.request.error, 0);
  EXPECT_LE(io.took_ns(), 100 * kMillisecond);
  EXPECT_EQ(scene.world.storage->owner(), 1 - path % 2);
}

TEST(DiskVendorRules, BuiltInRulesAreCountedToo) {
  Scene scene({});
  scene.world.fabric->reset(scene.path_in_use());
  const Scene::Io& io = scene.read(5);
  ASSERT_TRUE(scene.wait(io));
  const auto rules = scene.status().error_rules;
  ASSERT_FALSE(rules.empty());
  EXPECT_FALSE(rules.front().of_vendor);
  EXPECT_GE(rules.front().count, 1U);
}

TEST(DiskVendorRules, OtherDevicesAreRefusedWithWhatTheyShow) {
  SceneOptions options;
  options.disk.devices = {"OTHER   DISK            ", "DSMKIT  EMBEDDED"};
  EXPECT_EQ(Scene(options).state(0), PathState::up) << "a prefix of it stands in the list";
  options.disk.devices.pop_back();
  Scene scene(options);
  scene.world.findings = {};  // that it did not come up is what is wanted
  EXPECT_EQ(scene.state(0), PathState::refused);
  const std::string why = scene.status().paths[0].last_error;
  EXPECT_NE(why.find("is a \"DSMKIT  EMBEDDED ARRAY  \" (vendor 8, product 16 characters); the "
                     "profile is for \"OTHER   DISK            \", so the path is not used"),
            std::string::npos)
      << why;
}

TEST(DiskVendorRules, ADeviceHasItsOwnPolicy) {
  SceneOptions options;
  const dsm::DevicePolicy policies[] = {{"DSMKIT", dsm::PolicyId::least_blocks}};
  options.disk.dsm.device_policies = policies;
  EXPECT_EQ(Scene(options).status().policy, "least-blocks");
}

TEST(DiskVendorRules, AluaThatIsNotBelievedIsNotUsed) {
  SceneOptions options{.alua = array::AluaMode::both};
  options.disk.believed_alua = dsm::AluaSupport::implicit_only;
  EXPECT_EQ(Scene(options).status().alua, dsm::name_of(dsm::AluaSupport::implicit_only));
}

}  // namespace
}  // namespace sim
