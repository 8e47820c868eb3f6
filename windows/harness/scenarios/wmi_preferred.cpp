// The preferred path of fail over only: of a LUN and of a level, here and not here.
#include <algorithm>

#include "windows/harness/administrator.h"
#include "windows/harness/scenarios/observe.h"

namespace harness {
namespace {

void preferred_path(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(2);
  Administrator administrator(scene);
  PolicyV2 policy = administrator.policy();
  policy.head.LoadBalancePolicy = kFailOverOnly;
  policy.paths[0].PrimaryPath = 0;
  policy.paths[1].PreferredPath = 1;
  expect_equal(administrator.set(policy), STATUS_SUCCESS, "fail over only with a preferred path");
  expect_reads(scene, "2222", "reads down the preferred path");
  expect_equal(administrator.policy().paths[1].PreferredPath, 1U, "PreferredPath");
  scene.unload();
  // Another order of arrival, another start.
  scene.must_load();
  expect(scene.mpio.arrive(scene.device(1)) && scene.mpio.arrive(scene.device(0)), "arrivals");
  expect_reads(scene, "2222", "reads down the preferred path after another start");
  expect_equal(Administrator(scene).policy().paths[0].PreferredPath, 1U, "PreferredPath then");
  scene.unload();
}

// A preferred path for all LUNs: shown as the number that it was set by.
void preferred_path_of_a_level(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(2);
  Administrator administrator(scene);
  const ULONGLONG path = administrator.path(1);
  expect_equal(administrator.set_dsm_wide(kFailOverOnly, path), STATUS_SUCCESS, "for all");
  expect_equal(administrator.dsm_wide().LoadBalancePolicy, kFailOverOnly, "policy for all");
  expect_equal(administrator.dsm_wide().PreferredPath, path, "PreferredPath");
  expect_reads(scene, "2222", "reads down it");
  scene.mpio.remove(scene.device(1), true);
  const wire::DefaultPolicy gone = administrator.dsm_wide();
  expect(gone.PreferredPath != path, "a path that is not there has its name for a number");
  expect_equal(administrator.set_dsm_wide(gone.LoadBalancePolicy, gone.PreferredPath),
               STATUS_SUCCESS, "what is shown, set again");
  expect(scene.mpio.arrive(scene.device(1)), "it comes back");
  expect_reads(scene, "2222", "reads down it when it is back");
  expect_equal(administrator.set_dsm_wide(4, path), STATUS_SUCCESS, "a policy without");
  expect_equal(administrator.dsm_wide().PreferredPath, 0xffffffffULL, "no PreferredPath");
  scene.unload();
}

// The value that is stored for the LUN; empty when there is none.
std::vector<uint8_t> stored_preference() {
  const Registry::Value* const value = machine().registry.find(lun_key() + u"\\DsmPreferredPath");
  return value != nullptr ? value->bytes : std::vector<uint8_t>();
}

// What the query shows is set again while the preferred path cannot be used: it is preferred still,
// now and after another start.
void set_again(Administrator& administrator, bool is_listed) {
  const PolicyV2 shown = administrator.policy();
  expect_equal(shown.paths.size(), is_listed ? size_t{3} : size_t{2}, "paths that are shown");
  for (const wire::PathV2& path : shown.paths) {
    expect_equal(path.PreferredPath, path.FailedPath, "PreferredPath, of the path that has failed");
  }
  expect_equal(administrator.set(shown), STATUS_SUCCESS, "what is shown, set again");
}

void while_it_is_down(const std::string& driver) {
  Scene scene(driver, Scene::symmetric_array(3));
  scene.must_load();
  scene.arrive(3);
  Administrator administrator(scene);
  administrator.must_set_primary(kFailOverOnly, "100", 1);
  const std::vector<uint8_t> stored = stored_preference();
  expect_equal(stored.size(), sizeof(uint64_t), "bytes of DsmPreferredPath");
  const auto must_be_preferred = [&](const std::string& when) {
    expect(stored_preference() == stored, when + ": DsmPreferredPath is as it was");
    expect_reads(scene, "111", when);
  };
  lose(scene, 0);
  expect_reads(scene, "222", "it has failed");
  set_again(administrator, true);
  PolicyV2 without_it = administrator.policy();
  without_it.paths[0] = {};  // as tools do with a path that has failed
  expect_equal(administrator.set(without_it), STATUS_SUCCESS, "it is not named");
  bring_back(scene, 0);
  must_be_preferred("it works again");

  scene.mpio.remove(scene.device(0), true);
  set_again(administrator, false);
  expect(scene.mpio.arrive(scene.device(0)), "it comes back");
  must_be_preferred("it is there again");

  lose(scene, 0);
  set_again(administrator, true);
  scene.unload();
  scene.device(0).unplug(false);
  scene.must_load();
  scene.arrive(3);
  must_be_preferred("another start");
  scene.unload();
}

// Where a level says which path is preferred, what is shown of a LUN says so too: it becomes the
// LUN's own.
void of_a_level_while_it_is_gone(const std::string& driver) {
  Scene scene(driver, Scene::symmetric_array(3));
  scene.must_load();
  scene.arrive(3);
  Administrator administrator(scene);
  expect_equal(administrator.set_dsm_wide(kFailOverOnly, administrator.path(0)), STATUS_SUCCESS,
               "for all");
  scene.mpio.remove(scene.device(0), true);
  set_again(administrator, false);
  expect_equal(administrator.set_dsm_wide(0), STATUS_SUCCESS, "for all, cleared");
  expect(scene.mpio.arrive(scene.device(0)), "it comes back");
  expect_reads(scene, "111", "it is there again");
  scene.unload();
}

bool is_none_stored() {
  constexpr uint8_t kNone[] = {0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0};
  const std::vector<uint8_t> stored = stored_preference();
  return stored.empty() || std::equal(stored.begin(), stored.end(), kNone);
}

// No path is preferred any more: where it is named and not marked, with another policy, and with
// the first version, which has no mark.
void no_longer(const std::string& driver) {
  for (const bool is_down : {false, true}) {
    for (const unsigned way : {0U, 1U, 2U, 3U}) {
      Scene scene(driver);
      scene.must_load();
      scene.arrive(2);
      Administrator administrator(scene);
      administrator.must_set_primary(kFailOverOnly, "10", 1);
      if (is_down) {
        lose(scene, 0);
      }
      PolicyV2 policy = administrator.policy();
      policy.paths[0].PreferredPath = 0;
      const NTSTATUS status = way == 0   ? administrator.set(policy)
                              : way == 1 ? administrator.set(administrator.policy_v1())
                              : way == 2 ? administrator.set_policy(kLeastQueueDepth)
                                         : administrator.clear();
      const std::string what = "way " + std::to_string(way);
      expect_equal(status, STATUS_SUCCESS, what);
      expect(is_none_stored(), what + ": no path is preferred any more");
      expect_equal(administrator.policy().paths[0].PreferredPath, 0U, what + ": PreferredPath");
      scene.unload();
    }
  }
  Scene scene(driver);
  scene.must_load();
  scene.arrive(2);
  Administrator administrator(scene);
  administrator.must_set_primary(kFailOverOnly, "10", 1);
  scene.mpio.remove(scene.device(0), true);
  expect_equal(administrator.set(administrator.policy_v1()), STATUS_SUCCESS, "the first version");
  expect(is_none_stored(), "the first version, while it is gone: no path is preferred any more");
  scene.unload();
}

constexpr Scenario kScenarios[] = {
    {"wmi/preferred-path", preferred_path},
    {"wmi/preferred-path-of-a-level", preferred_path_of_a_level},
    {"wmi/preferred-path-while-down", while_it_is_down},
    {"wmi/preferred-path-of-a-level-while-gone", of_a_level_while_it_is_gone},
    {"wmi/preferred-path-no-longer", no_longer},
};

}  // namespace

std::span<const Scenario> wmi_preferred_scenarios() {
  return kScenarios;
}

}  // namespace harness
