// Acceptance: settings that are refused, and levels that are cleared, by MPIO's calls. The numbers
// are those of dsm/acceptance, which has the same list for the DSM itself.
#include <array>
#include <memory>

#include "windows/harness/administrator.h"
#include "windows/harness/scenarios/observe.h"

namespace harness {
namespace {

// 31: nothing changes by what is refused, neither what is in force nor what is stored,
void bad_settings(const std::string& driver) {
  for (const bool symmetric : {true, false}) {
    Scene scene(driver, symmetric ? Scene::symmetric_array() : Scene::asymmetric_array());
    scene.must_load();
    scene.arrive(2);
    Administrator administrator(scene);
    expect_equal(administrator.set_policy(kWeightedPaths), STATUS_SUCCESS, "a first setting");
    machine().settle();
    const std::string before = states(scene);
    const std::string reads = next_reads(scene, 4);
    const auto refuse = [&](const auto& shown, ULONG policy, auto change, const std::string& what) {
      auto wanted = shown;
      wanted.head.LoadBalancePolicy = policy;
      for (auto& path : wanted.paths) {
        path.PrimaryPath = 1;
      }
      change(wanted);
      must_refuse(scene, wanted, STATUS_INVALID_PARAMETER, what);
      machine().settle();
      expect_states(scene, before, what);
      expect_reads(scene, reads, what);
    };
    const auto as_it_is = [](auto&) {};
    const auto both_versions = [&](ULONG policy, auto change, const std::string& what) {
      PolicyV2 optimized = administrator.policy();
      for (wire::PathV2& path : optimized.paths) {
        path.OptimizedPath = 1;
      }
      refuse(optimized, policy, change, what);
      refuse(administrator.policy_v1(), policy, change, what + ", in the first version");
    };
    both_versions(kFailOverOnly, as_it_is, "fail over only with two active paths");
    if (!symmetric) {
      both_versions(kRoundRobin, as_it_is, "round robin where access is asymmetric");
    }
    both_versions(
        kLeastQueueDepth, [](auto& wanted) { wanted.paths[1].DsmPathId = 0; },
        "a path that works and is not named");
    both_versions(
        kLeastQueueDepth, [](auto& wanted) { wanted.head.DSMPathCount = 1; },
        "a list that is too short");
    both_versions(
        kLeastQueueDepth,
        [](auto& wanted) {
          wanted.head.DSMPathCount = 1;
          wanted.paths.pop_back();
        },
        "a path that is missing");
    scene.unload();
  }
}

// ... and when the array refuses to make the group active: what was before is in force and stored
// again.
void array_refuses(const std::string& driver) {
  array::Config config = Scene::asymmetric_array();
  config.ports = {{0}, {0}, {1}};
  Scene scene(driver, config);
  scene.must_load();
  scene.arrive(3);
  Administrator administrator(scene);
  PolicyV2 first = administrator.policy();
  for (size_t i = 0; i < first.paths.size(); ++i) {
    first.paths[i].PathWeight = static_cast<ULONG>(7 + i);
  }
  for (const ULONG policy : {kWeightedPaths, kWithSubset}) {
    first.head.LoadBalancePolicy = policy;
    expect_equal(administrator.set(first), STATUS_SUCCESS, "policy " + std::to_string(policy));
  }
  const auto as_before = [&scene](const std::string& what) {
    machine().settle();
    expect_states(scene, "AO AO AU", what);
    const std::string reads = next_reads(scene, 4);
    expect(reads == "1212" || reads == "2121", what + ": reads are on " + reads);
  };
  as_before("at first");
  PolicyV2 fail_over = first;
  fail_over.head.LoadBalancePolicy = kFailOverOnly;
  for (size_t i = 0; i < first.paths.size(); ++i) {
    const bool is_third = i == 2;
    fail_over.paths[i].PrimaryPath = fail_over.paths[i].PreferredPath = is_third ? 1 : 0;
    fail_over.paths[i].OptimizedPath = 1;
  }
  scene.array().set_groups_faults().refuse = 100;
  must_refuse(scene, fail_over, STATUS_IO_DEVICE_ERROR, "the array refuses");
  as_before("after the refusal");
  scene.array().set_groups_faults().refuse = 0;
  expect_equal(administrator.set(fail_over), STATUS_SUCCESS, "the array follows");
  machine().settle();
  expect_equal(administrator.policy_now(), kFailOverOnly, "policy");
  expect_reads(scene, "333", "the array has followed");
  scene.unload();
}

// An array of its own, with two ports behind adapters that no other has, and its LUN.
struct OtherArray {
  OtherArray(array::Config config, unsigned first_port, uint32_t lun) {
    const std::vector<array::PortConfig> two = config.ports;
    while (config.ports.size() < first_port + 2) {
      config.ports.insert(config.ports.end(), two.begin(), two.end());
    }
    config.luns.resize(lun + 1, config.luns.front());
    config.serial = first_port;
    std::string error;
    array = array::Array::create(config, machine().clock, error);
    expect(array != nullptr, "another array: " + error);
    for (const unsigned port : {first_port, first_port + 1}) {
      devices.push_back(std::make_unique<ScsiDevice>(*array, port, lun));
    }
  }
  void arrive(Scene& scene) {
    for (const auto& device : devices) {
      expect(scene.mpio.arrive(*device), "a device of another array is taken into use");
    }
  }
  std::unique_ptr<array::Array> array;
  std::vector<std::unique_ptr<ScsiDevice>> devices;
};

// 32: four disks: one with a policy of its own, one of a make that has one, two that have that for
// all.
void dsm_wide_cleared(const std::string& driver) {
  enum Disk : unsigned { kOwn, kOfMake, kOfAll, kAsymmetric };
  Scene scene(driver);
  scene.support({u"DSMKIT"});
  array::Config other_make = Scene::symmetric_array();
  other_make.product = "OTHER ARRAY";
  OtherArray of_make(other_make, 2, kOfMake);
  OtherArray of_all(Scene::symmetric_array(), 4, kOfAll);
  OtherArray asymmetric(Scene::asymmetric_array(), 6, kAsymmetric);
  scene.must_load();
  scene.arrive(2);
  for (OtherArray* array : {&of_make, &of_all, &asymmetric}) {
    array->arrive(scene);
  }
  Administrator administrator(scene);
  expect_equal(administrator.set_policy(kWeightedPaths), STATUS_SUCCESS, "for the first disk");
  expect_equal(administrator.set_target(u"DSMKIT  OTHER", kLeastQueueDepth), STATUS_SUCCESS,
               "for a make");
  const auto policies = [&] {
    std::string text;
    for (const unsigned disk : {kOwn, kOfMake, kOfAll, kAsymmetric}) {
      scene.mpio.opened = disk;
      text += std::to_string(administrator.policy_now());
    }
    scene.mpio.opened = 0;
    return text;
  };
  for (const ULONG policy : {kLeastBlocks, kFailOverOnly}) {
    expect_equal(administrator.set_dsm_wide(policy), STATUS_SUCCESS, "for all");
    const std::string number = std::to_string(policy);
    expect_text(policies(), "54" + number + number, "the policies with one for all");
    std::array<std::string, 2> before = {states(scene, kOwn), states(scene, kOfMake)};
    const std::u16string own = lun_key();
    expect(!own.empty(), "the first disk's policy is stored");
    expect_equal(administrator.set_dsm_wide(0), STATUS_SUCCESS, "for all, cleared");
    expect_text(policies(), "5423", "the policies without");
    expect_states(scene, before[0], "a disk with a policy of its own", kOwn);
    expect_states(scene, before[1], "a disk with that of its make", kOfMake);
    expect_states(scene, "AO AO", "a disk without any", kOfAll);
    const std::string reads = next_reads(scene, 4, kOfAll);
    expect(reads == "5656" || reads == "6565", "it takes turns: reads are on " + reads);
    expect(lun_key() == own, "the first disk's policy is still stored");
  }
  scene.unload();
  scene.must_load();
  scene.arrive(2);
  for (OtherArray* array : {&of_make, &of_all, &asymmetric}) {
    array->arrive(scene);
  }
  expect_text(policies(), "5423", "the policies after another start");
  scene.unload();
}

constexpr Scenario kScenarios[] = {
    {"acceptance/31_bad-settings", bad_settings},
    {"acceptance/31_array-refuses", array_refuses},
    {"acceptance/32_dsm-wide-cleared", dsm_wide_cleared},
};

}  // namespace

std::span<const Scenario> acceptance_settings_scenarios() {
  return kScenarios;
}

}  // namespace harness
