// What the administrator wants of the disk: stored settings, changes of them, paths taken out of
// use.
#include <gtest/gtest.h>

#include <optional>

#include "sim/testing/scene.h"

namespace sim {
namespace {

using mpio::PathState;
using mpio::Scope;
using mpio::Settings;
using enum dsm::PolicyId;

class DiskSettings : public ::testing::TestWithParam<uint32_t> {
 protected:
  SceneOptions options(const Settings& settings = {}, uint32_t paths = 2) const {
    SceneOptions options{.paths = paths, .lanes = GetParam(), .policy = none};
    options.disk.settings = settings;
    return options;
  }
  // What the disk says now, as its answer comes.
  static std::string change(Scene& scene, Settings settings, mpio::RunSettings run = {}) {
    std::string result = "nothing yet";
    scene.host->disk().change_settings(std::move(settings), std::move(run),
                                       [&](const std::string& error) { result = error; });
    scene.world.run_until([&] { return result != "nothing yet"; }, kSecond);
    return result;
  }
  static std::vector<mpio::Transport*> transports(Scene& scene, uint32_t path) {
    std::vector<mpio::Transport*> all;
    for (uint32_t lane = 0; lane < GetParam(); ++lane) {
      all.push_back(&scene.world.fabric->transport(path, lane));
    }
    return all;
  }
  static bool remove(Scene& scene, unsigned path) {
    bool removed = false;
    scene.host->disk().remove_path(path, [&] { removed = true; });
    return scene.world.run_until([&] { return removed; }, kSecond);
  }
  static std::string key(Scene& scene) { return scene.host->disk().settings_key(); }
  // The LUN's key is the array's affair: a scene to ask it.
  std::string lun() const {
    Scene scene(options());
    return key(scene);
  }
  static std::string name(const Scene& scene, uint32_t path) {
    return scene.status().paths[path].stable_name;
  }
};
INSTANTIATE_TEST_SUITE_P(Lanes, DiskSettings, ::testing::Values(1U, 3U));

TEST_P(DiskSettings, WhatIsStoredHoldsFromTheStart) {
  std::string second;
  {
    Scene scene(options());
    EXPECT_EQ(scene.status().policy, "round-robin");
    EXPECT_EQ(scene.status().policy_origin, "default");
    second = name(scene, 1);
  }
  Settings settings;
  mpio::set_policy(settings, {Scope::lun, lun()}, {fail_over_only, second});
  mpio::set_path(settings, lun(), second, {.weight = 9});
  mpio::set_path(settings, "naa.another", second, {.weight = 4});
  Scene scene(options(settings));
  EXPECT_EQ(scene.status().policy, "fail-over-only");
  EXPECT_EQ(scene.status().policy_origin, "LUN");
  EXPECT_TRUE(scene.status().paths[1].preferred);
  EXPECT_EQ(scene.status().paths[1].weight, 9U);
  EXPECT_EQ(scene.path_in_use(), 1U);
  scene.world.fabric->reset(1);
  EXPECT_EQ(scene.path_in_use(), 0U);
  ASSERT_NE(scene.time_until(1, PathState::up), UINT64_MAX);
  EXPECT_EQ(scene.path_in_use(), 1U) << "and when it is back";
}

TEST_P(DiskSettings, TheCommandLineIsAboveWhatIsStored) {
  Settings settings;
  mpio::set_policy(settings, {Scope::lun, lun()}, {least_blocks, ""});
  SceneOptions with_policy = options(settings);
  with_policy.policy = least_queue_depth;
  Scene scene(with_policy);
  EXPECT_EQ(scene.status().policy, "least-queue-depth");
  EXPECT_EQ(scene.status().policy_origin, "this run");
  EXPECT_EQ(change(scene, settings, {}), "");
  EXPECT_EQ(scene.status().policy, "least-blocks");
}

TEST_P(DiskSettings, AChangeIsInForceAtOnceForPathsThatAreThereAndThatCome) {
  Scene scene(options());
  Settings settings;
  mpio::set_policy(settings, {Scope::everything, ""}, {weighted_paths, ""});
  mpio::set_path(settings, key(scene), name(scene, 0), {.weight = 5});
  mpio::set_path(settings, key(scene), name(scene, 1), {.weight = 3});
  EXPECT_EQ(change(scene, settings), "");
  EXPECT_EQ(scene.status().policy_origin, "DSM-wide");
  EXPECT_EQ(scene.path_in_use(), 1U);
  scene.world.fabric->reset(1);
  ASSERT_NE(scene.time_until(1, PathState::down), UINT64_MAX);
  ASSERT_NE(scene.time_until(1, PathState::up), UINT64_MAX);
  EXPECT_EQ(scene.path_in_use(), 1U);
  mpio::set_path(settings, key(scene), name(scene, 0), {.weight = 1});
  EXPECT_EQ(change(scene, settings), "");
  EXPECT_EQ(scene.path_in_use(), 0U);
}

TEST_P(DiskSettings, ADesireIsHeededOnlyByPoliciesThatHaveOne) {
  Scene scene(options());
  Settings settings;
  mpio::set_policy(settings, {Scope::lun, key(scene)}, {round_robin_subset, ""});
  mpio::set_path(settings, key(scene), name(scene, 0), {.desire = dsm::Desire::standby});
  EXPECT_EQ(change(scene, settings), "");
  EXPECT_EQ(scene.status().paths[0].desire, "standby");
  EXPECT_EQ(scene.path_in_use(), 1U);
  EXPECT_EQ(scene.path_in_use(), 1U);
  mpio::set_policy(settings, {Scope::lun, key(scene)}, {round_robin, ""});
  EXPECT_EQ(change(scene, settings), "") << "a stored desire does not stand in the way";
  EXPECT_EQ(scene.status().paths[0].desire, "");
  EXPECT_NE(scene.path_in_use(), scene.path_in_use());
}

TEST_P(DiskSettings, ARefusedChangeLeavesEverything) {
  SceneOptions asymmetric = options();
  asymmetric.alua = array::AluaMode::explicit_only;
  Scene scene(asymmetric);
  EXPECT_EQ(scene.status().policy, "round-robin-with-subset") << "a default may be replaced";
  Settings settings;
  mpio::set_policy(settings, {Scope::lun, key(scene)}, {round_robin, ""});
  EXPECT_NE(scene.host->disk().check_settings(settings, {}).find("asymmetric"), std::string::npos);
  EXPECT_NE(change(scene, settings).find("asymmetric"), std::string::npos);
  EXPECT_EQ(scene.host->disk().settings(), Settings{});
  EXPECT_EQ(scene.status().policy_origin, "default");
}

TEST_P(DiskSettings, WhatTheArrayRefusesIsTakenBack) {
  SceneOptions asymmetric = options({}, 3);
  asymmetric.alua = array::AluaMode::explicit_only;
  Scene scene(asymmetric);
  Settings before;
  mpio::set_policy(before, {Scope::lun, key(scene)}, {least_blocks, ""});
  ASSERT_EQ(change(scene, before), "");
  scene.world.storage->set_groups_faults().refuse = 1'000'000;
  scene.world.storage->port_faults(1).delay_ns = 500 * kMillisecond;
  Settings settings;
  mpio::set_policy(settings, {Scope::lun, key(scene)}, {fail_over_only, name(scene, 1)});
  mpio::set_path(settings, key(scene), name(scene, 2), {.weight = 8});
  std::string result = "nothing yet";
  scene.host->disk().change_settings(settings, {},
                                     [&](const std::string& error) { result = error; });
  EXPECT_EQ(scene.host->disk().settings(), settings) << "in force while it waits";
  std::string second;
  scene.host->disk().change_settings(before, {}, [&](const std::string& error) { second = error; });
  EXPECT_NE(second.find("still waits"), std::string::npos);
  ASSERT_TRUE(scene.world.run_until([&] { return result != "nothing yet"; }, 200 * kSecond));
  EXPECT_NE(result.find("former"), std::string::npos) << result;
  EXPECT_EQ(scene.host->disk().settings(), before);
  EXPECT_EQ(scene.status().policy, "least-blocks");
  EXPECT_EQ(scene.status().paths[2].weight, 0U);
}

// It came with the settings that were to be; the others have them no more.
TEST_P(DiskSettings, ARefusalIsForAPathThatCameMeanwhileToo) {
  SceneOptions asymmetric = options({}, 3);
  asymmetric.alua = array::AluaMode::explicit_only;
  Scene scene(asymmetric);
  const std::string third = name(scene, 2);
  Settings before;
  mpio::set_policy(before, {Scope::lun, key(scene)}, {weighted_paths, ""});
  mpio::set_path(before, key(scene), name(scene, 0), {.weight = 5});
  mpio::set_path(before, key(scene), third, {.weight = 9});
  ASSERT_EQ(change(scene, before), "");
  ASSERT_EQ(scene.path_in_use(), 0U) << "the third is as good and heavier";
  ASSERT_TRUE(remove(scene, 2));
  scene.world.storage->set_groups_faults().refuse = 1'000'000;
  scene.world.storage->port_faults(1).delay_ns = 500 * kMillisecond;
  Settings settings;
  mpio::set_policy(settings, {Scope::lun, key(scene)}, {fail_over_only, name(scene, 1)});
  std::string result = "nothing yet";
  scene.host->disk().change_settings(settings, {},
                                     [&](const std::string& error) { result = error; });
  const unsigned number = scene.host->disk().add_path(transports(scene, 2));
  ASSERT_EQ(number, 2U);
  ASSERT_TRUE(scene.world.run_until([&] { return scene.status().paths.back().has_group; },
                                    400 * kMillisecond));
  ASSERT_EQ(result, "nothing yet");
  ASSERT_TRUE(scene.world.run_until([&] { return result != "nothing yet"; }, 200 * kSecond));
  ASSERT_NE(result, "");
  ASSERT_NE(scene.time_until(number, PathState::up), UINT64_MAX);
  EXPECT_EQ(scene.path_in_use(), 0U);
}

TEST_P(DiskSettings, AFailedPathIsExaminedOn) {
  Scene scene(options());
  ASSERT_EQ(scene.host->disk().fail_path(0, false), "");
  ASSERT_EQ(scene.status().paths[0].write_protected, std::optional(false));
  scene.world.storage->lun(0).set_write_protect(true);
  scene.run_ms(35'000);
  EXPECT_EQ(scene.status().paths[0].write_protected, std::optional(true));
  EXPECT_EQ(scene.state(0), PathState::disabled);
}

TEST_P(DiskSettings, AFailedPathCarriesNothingAndStaysLoggedIn) {
  Scene scene(options());
  const Scene::Io& under_way = scene.write(5, 0x55);
  const uint32_t carrier = scene.host->disk().status().paths[0].in_flight != 0 ? 0 : 1;
  EXPECT_EQ(scene.host->disk().fail_path(carrier, false), "");
  EXPECT_EQ(scene.state(carrier), PathState::disabled);
  ASSERT_TRUE(scene.wait(under_way));
  EXPECT_EQ(under_way.request.error, 0);
  EXPECT_TRUE(scene.status().unsettled.empty()) << "nothing was cut off";
  EXPECT_TRUE(scene.status().paths[carrier].failed_by_administrator);
  EXPECT_EQ(scene.status().state, "degraded");
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(scene.path_in_use(), 1 - carrier);
  }
  EXPECT_EQ(scene.world.storage->nexus_count(), 2 * GetParam()) << "every session is there";
  const uint64_t logins = scene.status().paths[carrier].logins;
  scene.run_ms(100'000);
  EXPECT_EQ(scene.status().paths[carrier].logins, logins);
  EXPECT_EQ(scene.state(carrier), PathState::disabled);
  scene.host->disk().reinstate_path(carrier);
  EXPECT_LE(scene.time_until(carrier, PathState::up), 100 * kMillisecond)
      << "it was well all the time";
  EXPECT_NE(scene.path_in_use(), scene.path_in_use());
}

TEST_P(DiskSettings, AFailedPathStaysSoThroughReconnectsAndDoubts) {
  Scene scene(options());
  ASSERT_EQ(scene.host->disk().fail_path(0, false), "");
  scene.world.fabric->reset(0);
  ASSERT_NE(scene.time_until(0, PathState::down), UINT64_MAX);
  ASSERT_NE(scene.time_until(0, PathState::disabled), UINT64_MAX);
  scene.run_ms(20'000);
  EXPECT_EQ(scene.state(0), PathState::disabled);
  EXPECT_EQ(scene.path_in_use(), 1U);
  scene.fault(1, {.refuse_logins = true});
  scene.world.fabric->reset(1);
  ASSERT_NE(scene.time_until(1, PathState::down), UINT64_MAX);
  const Scene::Io& waits = scene.read(5);
  scene.run_ms(20'000);
  EXPECT_FALSE(waits.done) << "not even for want of another";
  scene.host->disk().reinstate_path(0);
  ASSERT_TRUE(scene.wait(waits));
  EXPECT_EQ(waits.request.error, 0);
}

TEST_P(DiskSettings, APathMayBeFailedWhileItIsDown) {
  Scene scene(options());
  scene.fault(0, {.refuse_logins = true});
  scene.world.fabric->reset(0);
  ASSERT_NE(scene.time_until(0, PathState::down), UINT64_MAX);
  ASSERT_EQ(scene.host->disk().fail_path(0, false), "");
  EXPECT_EQ(scene.state(0), PathState::down);
  scene.fault(0, {});
  ASSERT_NE(scene.time_until(0, PathState::disabled), UINT64_MAX);
  scene.host->disk().reinstate_path(0);
  EXPECT_NE(scene.time_until(0, PathState::up), UINT64_MAX);
  scene.host->disk().reinstate_path(0);  // nothing to undo
  EXPECT_EQ(scene.state(0), PathState::up);
}

TEST_P(DiskSettings, TheLastPathIsFailedOnlyByForce) {
  Scene scene(options());
  ASSERT_EQ(scene.host->disk().fail_path(1, false), "");
  EXPECT_NE(scene.host->disk().fail_path(0, false).find("last path"), std::string::npos);
  EXPECT_EQ(scene.state(0), PathState::up);
  EXPECT_FALSE(scene.status().paths[0].failed_by_administrator);
  ASSERT_EQ(scene.host->disk().fail_path(0, true), "");
  EXPECT_EQ(scene.status().state, "no path");
  const Scene::Io& waits = scene.read(5);
  scene.run_ms(10'000);
  EXPECT_FALSE(waits.done);
  scene.host->disk().reinstate_path(0);
  ASSERT_TRUE(scene.wait(waits));
  EXPECT_EQ(waits.request.error, 0);
}

TEST_P(DiskSettings, APathThatOnlyWaitsToBeStableTakesOverFromAFailedOne) {
  Scene scene(options());
  scene.world.fabric->reset(0);
  ASSERT_NE(scene.time_until(0, PathState::stabilising), UINT64_MAX);
  EXPECT_NE(scene.host->disk().fail_path(1, false), "");
  ASSERT_EQ(scene.host->disk().fail_path(1, true), "");
  EXPECT_EQ(scene.state(0), PathState::up);
}

TEST_P(DiskSettings, AFailedPathThatWaitsToBeStableIsNotActivatedLater) {
  Scene scene(options());
  scene.world.fabric->reset(0);
  ASSERT_NE(scene.time_until(0, PathState::stabilising), UINT64_MAX);
  ASSERT_EQ(scene.host->disk().fail_path(0, false), "");
  scene.run_ms(5'000);
  EXPECT_EQ(scene.state(0), PathState::disabled);
}

TEST_P(DiskSettings, AFailedPathThatLeavesAndComesBackIsFailedStill) {
  Scene scene(options());
  ASSERT_EQ(scene.host->disk().fail_path(0, false), "");
  ASSERT_TRUE(remove(scene, 0));
  const unsigned number = scene.host->disk().add_path(transports(scene, 0));
  ASSERT_NE(scene.time_until(number, PathState::disabled), UINT64_MAX);
  scene.host->disk().reinstate_path(number);
  EXPECT_NE(scene.time_until(number, PathState::up), UINT64_MAX);
}

}  // namespace
}  // namespace sim
