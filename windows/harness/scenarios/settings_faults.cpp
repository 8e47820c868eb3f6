// Storing fails at every place it can: the settings that are in force afterwards, now and after
// another start, are the former ones or the new ones, and who asked is told which.
#include <functional>

#include "windows/harness/administrator.h"

namespace harness {
namespace {

using State = std::vector<uint8_t>;

State state_of(Scene& scene) {
  Administrator administrator(scene);
  State state = administrator.policy().bytes();
  append(state, administrator.dsm_wide());
  const State targets = administrator.ask(driver::kTargetsDefaultPolicy);
  state.insert(state.end(), targets.begin(), targets.end());
  return state;
}

State after_another_start(Scene& scene) {
  scene.unload();
  scene.must_load();
  scene.arrive(3);
  return state_of(scene);
}

// One change, from a first state: what it is to be made of is in `change`.
struct Change {
  const char* name;
  std::function<NTSTATUS(Administrator&)> prepare;
  std::function<NTSTATUS(Administrator&)> change;
};

NTSTATUS fail_over_only(Administrator& administrator, unsigned active) {
  PolicyV2 policy = administrator.policy();
  policy.head.LoadBalancePolicy = 1;
  for (unsigned i = 0; i < policy.paths.size(); ++i) {
    policy.paths[i].PrimaryPath = i == active ? 1 : 0;
    policy.paths[i].OptimizedPath = 1;
    policy.paths[i].PreferredPath = i == active ? 1 : 0;
  }
  return administrator.set(policy);
}

NTSTATUS weigh(Administrator& administrator, ULONG first) {
  PolicyV2 policy = administrator.policy();
  policy.head.LoadBalancePolicy = 5;
  for (wire::PathV2& path : policy.paths) {
    path.PrimaryPath = path.OptimizedPath = 1;
    path.PathWeight = first++;
  }
  return administrator.set(policy);
}

NTSTATUS nothing(Administrator&) {
  return STATUS_SUCCESS;
}

const Change kChanges[] = {
    {"a first setting", nothing, [](Administrator& a) { return weigh(a, 3); }},
    {"other weights", [](Administrator& a) { return weigh(a, 3); },
     [](Administrator& a) { return weigh(a, 30); }},
    {"weights to marks", [](Administrator& a) { return weigh(a, 3); },
     [](Administrator& a) { return fail_over_only(a, 1); }},
    {"another preferred path", [](Administrator& a) { return fail_over_only(a, 1); },
     [](Administrator& a) { return fail_over_only(a, 2); }},
    {"clearing", [](Administrator& a) { return fail_over_only(a, 1); },
     [](Administrator& a) { return a.clear(); }},
    {"for all", nothing, [](Administrator& a) { return a.set_dsm_wide(1, a.path(1)); }},
    {"for all, otherwise", [](Administrator& a) { return a.set_dsm_wide(1, a.path(1)); },
     [](Administrator& a) { return a.set_dsm_wide(4); }},
    {"for all, another path", [](Administrator& a) { return a.set_dsm_wide(1, a.path(1)); },
     [](Administrator& a) { return a.set_dsm_wide(1, a.path(2)); }},
    {"for all, cleared", [](Administrator& a) { return a.set_dsm_wide(1, a.path(1)); },
     [](Administrator& a) { return a.set_dsm_wide(0); }},
    {"for a make", nothing,
     [](Administrator& a) { return a.set_target(kHardwareId, 1, a.path(1)); }},
    {"for a make, cleared",
     [](Administrator& a) { return a.set_target(kHardwareId, 1, a.path(1)); },
     [](Administrator& a) { return a.set_target(kHardwareId, 0); }},
};

void begin(Scene& scene, const Change& change) {
  machine().registry.remove_tree(Scene::parameters() + u"\\DsmLoadBalanceSettings");
  machine().registry.remove_tree(Scene::parameters() + u"\\DsmTargetsLoadBalanceSetting");
  machine().registry.remove_tree(Scene::parameters());
  scene.support({u"DSMKIT  EMBEDDED ARRAY"});
  scene.must_load();
  scene.arrive(3);
  Administrator administrator(scene);
  expect_equal(change.prepare(administrator), STATUS_SUCCESS, "what was set before");
}

// The states between which nothing may be seen.
void learn(Scene& scene, const Change& change, State& former, State& next) {
  begin(scene, change);
  former = after_another_start(scene);
  Administrator administrator(scene);
  expect_equal(change.change(administrator), STATUS_SUCCESS, "the change without a fault");
  next = after_another_start(scene);
  scene.unload();
  expect(former != next, "the change changes something");
}

// In force, and still so after another start.
void must_be(Scene& scene, const State& state, const std::string& where) {
  expect(state_of(scene) == state, where + ": what was told is not in force");
  expect(after_another_start(scene) == state, where + ": what was told is not stored");
}

// `all_later`: the machine stops there, and comes up with what was written until then.
void nth_write_fails(const std::string& driver, bool all_later) {
  Scene scene(driver, Scene::symmetric_array(3));
  for (const Change& change : kChanges) {
    State former;
    State next;
    learn(scene, change, former, next);
    size_t n = 0;
    for (bool failed = true; failed;) {
      ++n;
      begin(scene, change);
      machine().registry.fail_write_at(n, all_later);
      const size_t last = machine().registry.writes() + n;
      Administrator administrator(scene);
      const NTSTATUS status = change.change(administrator);
      failed = machine().registry.writes() >= last;
      machine().registry.fail_write_at(0);
      const std::string where =
          std::string(change.name) + ", write " + std::to_string(n) + " of the change fails";
      must_be(scene, NT_SUCCESS(status) ? next : former, where);
      // The next change works, and nothing of the old one is left over.
      expect_equal(change.change(administrator), STATUS_SUCCESS, where + ": the change again");
      expect(after_another_start(scene) == next, where + ": the change again holds");
      expect(lun_key().empty() ||
                 machine().registry.find(lun_key() + u"\\DsmPendingSettings") == nullptr,
             where + ": nothing is pending");
      scene.unload();
    }
    expect(n >= 2, std::string(change.name) + " writes something");
  }
}

void one_write_fails(const std::string& driver) {
  nth_write_fails(driver, false);
}
void writes_end(const std::string& driver) {
  nth_write_fails(driver, true);
}

void nth_allocation_fails(const std::string& driver) {
  Scene scene(driver, Scene::symmetric_array(3));
  for (const Change& change : kChanges) {
    State former;
    State next;
    learn(scene, change, former, next);
    size_t n = 0;
    for (bool failed = true; failed;) {
      ++n;
      begin(scene, change);
      Administrator administrator(scene);
      scene.mpio.failing_allocation = n;
      const NTSTATUS status = change.change(administrator);
      failed = scene.mpio.allocation_failed;
      scene.mpio.failing_allocation = 0;
      must_be(scene, NT_SUCCESS(status) ? next : former,
              std::string(change.name) + ", allocation " + std::to_string(n) + " fails");
      scene.unload();
    }
  }
}

constexpr Scenario kScenarios[] = {
    {"settings/one-write-fails", one_write_fails},
    {"settings/writes-end", writes_end},
    {"settings/nth-allocation-fails", nth_allocation_fails},
};

}  // namespace

std::span<const Scenario> settings_fault_scenarios() {
  return kScenarios;
}

}  // namespace harness
