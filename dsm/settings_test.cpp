// Precedence of the levels, and what each of them may say.
#include "dsm/settings.h"

#include <gtest/gtest.h>

#include "dsm/testing/operation_host.h"

namespace dsm {
namespace {

using enum PolicyId;
using enum SettingsOrigin;

constexpr std::string_view kVendor = "DSMKIT  ";
constexpr std::string_view kProduct = "ARRAY           ";

PolicyInForce resolve(const PolicyLevels& levels) {
  return policy_in_force(levels, kVendor, kProduct);
}

// Every subset of the levels: the highest that is set decides.
TEST(PolicyInForce, TheHighestLevelThatIsSetDecides) {
  const PolicyId policies[] = {least_blocks, weighted_paths, least_queue_depth, fail_over_only};
  const SettingsOrigin origins[] = {run, lun, hardware_id, dsm_wide};
  for (unsigned set = 0; set < 16; ++set) {
    const auto level = [&](unsigned i) {
      return PolicyChoice{(set >> i & 1) != 0 ? policies[i] : none, {}};
    };
    const HardwareChoice hardware[] = {{"DSMKIT  ARRAY", level(2)}};
    const PolicyInForce got =
        resolve({.run = level(0), .lun = level(1), .hardware = hardware, .dsm_wide = level(3)});
    unsigned highest = 0;
    while (highest < 4 && (set >> highest & 1) == 0) {
      ++highest;
    }
    EXPECT_EQ(got.policy, highest < 4 ? policies[highest] : round_robin) << set;
    EXPECT_EQ(got.origin, highest < 4 ? origins[highest] : capability) << set;
  }
}

TEST(PolicyInForce, ALevelThatSaysNothingUsableIsNotThere) {
  const auto spoilt = static_cast<PolicyId>(99);
  const HardwareChoice hardware[] = {{"DSMKIT", {spoilt, {}}}};
  const PolicyInForce got = resolve({.run = {spoilt, {}},
                                     .lun = {spoilt, {}},
                                     .hardware = hardware,
                                     .dsm_wide = {least_blocks, {}}});
  EXPECT_EQ(got.policy, least_blocks);
  EXPECT_EQ(got.origin, dsm_wide);
}

TEST(PolicyInForce, AHardwareIdIsComparedAsAnEntryOfTheDeviceList) {
  const auto decides = [](std::string_view id) {
    const HardwareChoice hardware[] = {{id, {least_blocks, {}}}};
    return resolve({.hardware = hardware}).origin == hardware_id;
  };
  EXPECT_TRUE(decides("DSMKIT  ARRAY           "));
  EXPECT_TRUE(decides("dsmkit  array"));
  EXPECT_TRUE(decides("DSMKIT")) << "a prefix";
  EXPECT_FALSE(decides("DSMKIT ARRAY")) << "the vendor has eight characters";
  EXPECT_FALSE(decides("OTHER"));
  EXPECT_FALSE(decides(""));
  EXPECT_FALSE(decides("    "));
  EXPECT_FALSE(decides("DSMKIT  ARRAY            ")) << "longer than 24";
}

TEST(PolicyInForce, TheLongestHardwareIdThatMatchesDecides) {
  const HardwareChoice hardware[] = {{"DSMKIT          ", {least_blocks, {}}},
                                     {"DSMKIT  ARR", {weighted_paths, {}}},
                                     {"dsmkit  arr", {least_queue_depth, {}}},
                                     {"DSMKIT  ARRAYX", {fail_over_only, {}}}};
  EXPECT_EQ(resolve({.hardware = hardware}).policy, weighted_paths)
      << "blanks at the end do not count, of equals the first decides, the longest does not match";
}

TEST(PolicyInForce, APreferredPathBelongsToItsLevelAndToFailOverOnly) {
  const PolicyInForce own =
      resolve({.lun = {fail_over_only, "a"}, .dsm_wide = {fail_over_only, "b"}});
  EXPECT_EQ(own.preferred, "a");
  EXPECT_EQ(resolve({.lun = {fail_over_only, ""}, .dsm_wide = {fail_over_only, "b"}}).preferred,
            "");
  EXPECT_EQ(resolve({.lun = {least_blocks, "a"}}).preferred, "");
  EXPECT_EQ(resolve({.dsm_wide = {fail_over_only, "b"}}).preferred, "b");
}

using testing::ExplicitHost;
using testing::OperationHost;

TEST(SettingsOrigin, ADefaultRoundRobinBecomesItsSubsetOnAnAsymmetricLun) {
  ExplicitHost host(least_blocks);
  for (const SettingsOrigin origin : {capability, dsm_wide, hardware_id}) {
    EXPECT_EQ(host.code(host.set_policy({.policy = round_robin, .origin = origin})),
              base::Code::ok);
    EXPECT_EQ(host.lun().plan.policy->id, round_robin_subset);
    EXPECT_EQ(host.lun().origin, origin);
  }
  for (const SettingsOrigin origin : {lun, run}) {
    EXPECT_EQ(host.code(host.set_policy({.policy = round_robin, .origin = origin})),
              base::Code::unsupported)
        << "who asks for it is told";
    EXPECT_EQ(host.lun().origin, hardware_id) << "a refusal changes nothing";
  }
}

TEST(SettingsOrigin, IsRestoredWithTheRestWhenTheArrayRefuses) {
  ExplicitHost host(least_blocks);
  host.set_policy({.policy = least_queue_depth, .origin = dsm_wide});
  host.refuse_stpg = true;
  const OperationId id = host.set_policy({.policy = fail_over_only, .preferred = 2});
  EXPECT_EQ(host.lun().origin, lun);
  host.answer_all();
  EXPECT_EQ(host.code(id), base::Code::refused);
  EXPECT_EQ(host.lun().origin, dsm_wide);
}

// "Policy 0": the host resolves without the LUN's level and sets what that gives.
TEST(SettingsOrigin, ClearingFallsBackToTheNextLevel) {
  OperationHost host;
  host.path(1);
  host.path(2);
  PolicyLevels levels{.lun = {fail_over_only, {}}, .dsm_wide = {least_blocks, {}}};
  const auto apply = [&] {
    const PolicyInForce now = resolve(levels);
    return host.code(host.set_policy({.policy = now.policy, .origin = now.origin}));
  };
  EXPECT_EQ(apply(), base::Code::ok);
  EXPECT_EQ(host.states(), "AO SB");
  levels.lun = {};
  EXPECT_EQ(apply(), base::Code::ok);
  EXPECT_EQ(host.lun().policy, least_blocks);
  EXPECT_EQ(host.lun().origin, dsm_wide);
  levels.dsm_wide = {};
  EXPECT_EQ(apply(), base::Code::ok);
  EXPECT_EQ(host.lun().policy, round_robin);
  EXPECT_EQ(host.lun().origin, capability);
}

TEST(CheckSettings, SaysWhatTheOperationWouldAndDoesNothing) {
  ExplicitHost host(least_blocks);
  const auto check = [&](const PolicySettings& settings) {
    return host.module->check_settings(host.lun().id, settings).code();
  };
  EXPECT_EQ(check({.policy = round_robin}), base::Code::unsupported);
  EXPECT_EQ(check({.policy = fail_over_only, .preferred = 2}), base::Code::ok);
  EXPECT_EQ(host.lun().policy, least_blocks);
  EXPECT_TRUE(host.sent.empty());
  EXPECT_EQ(host.module->check_settings(4711, {.policy = least_blocks}).code(),
            base::Code::not_found);
}

TEST(SettingsOrigin, AnArrivalBringsWhatTheSettingsSay) {
  OperationHost host;
  host.settings_of = [](NexusId id) {
    return ArrivalSettings{.policy = fail_over_only,
                           .origin = hardware_id,
                           .preferred = id == 2,
                           .desire = id == 1 ? Desire::standby : Desire::undetermined,
                           .weight = id * 10};
  };
  host.path(1);
  host.path(2);
  EXPECT_EQ(host.lun().policy, fail_over_only);
  EXPECT_EQ(host.lun().origin, hardware_id);
  EXPECT_EQ(host.lun().preferred, 2U);
  EXPECT_EQ(host.module->find_nexus(1)->desired, Desire::standby);
  EXPECT_EQ(host.module->find_nexus(2)->weight, 20U);
  EXPECT_EQ(host.states(), "SB AO");
}

TEST(SettingsOrigin, ALaterArrivalDoesNotChangeTheLunsPolicy) {
  OperationHost host;
  host.path(1);
  host.settings_of = [](NexusId) {
    return ArrivalSettings{.policy = fail_over_only, .origin = lun};
  };
  host.path(2);
  EXPECT_EQ(host.lun().policy, round_robin);
  EXPECT_EQ(host.lun().origin, capability);
}

}  // namespace
}  // namespace dsm
