// Policies are set: for a LUN, for a make of device, for all.
#include "scsi/opcodes.h"
#include "windows/harness/administrator.h"
#include "windows/harness/scenarios/observe.h"

namespace harness {
namespace {

unsigned share(Scene& scene, unsigned port, int reads = 10) {
  const unsigned before = scene.device(port).requests();
  for (int i = 0; i < reads; ++i) {
    Request request;
    scene.mpio.read(request, 0, 1);
    scene.mpio.run(request);
    expect_equal(request.status, STATUS_SUCCESS, "a read");
  }
  return scene.device(port).requests() - before;
}

// What is shown can be set again, whatever the policy, also while a path is down; and it stays.
void round_trips(const std::string& driver, const array::Config& config,
                 std::initializer_list<ULONG> policies) {
  const int none = -1;
  for (const int lost_port : {none, 0, 1}) {
    const bool lost = lost_port != none;
    const auto port = static_cast<unsigned>(lost ? lost_port : 0);
    Scene scene(driver, config);
    scene.must_load();
    scene.arrive(static_cast<unsigned>(config.ports.size()));
    Administrator administrator(scene);
    for (const ULONG policy : policies) {
      PolicyV2 wanted = administrator.policy();
      wanted.head.LoadBalancePolicy = policy;
      bool first = true;
      for (wire::PathV2& path : wanted.paths) {
        const bool active = policy != kFailOverOnly || first;
        path.PrimaryPath = active && path.TargetPortGroup_State != 2 ? 1 : 0;
        path.OptimizedPath = path.TargetPortGroup_State == 1 && active ? 0 : 1;
        first = false;
      }
      expect_equal(administrator.set(wanted), STATUS_SUCCESS, "policy " + std::to_string(policy));
      if (lost) {
        scene.device(port).unplug(true);
        PVOID successor = nullptr;
        scene.mpio.invalidate(scene.mpio.path_of(scene.device(port)), successor);
        machine().settle();
        expect_equal(administrator.policy().paths[port].FailedPath, 1U, "FailedPath");
      }
      const PolicyV2 shown = administrator.policy();
      expect_equal(shown.head.LoadBalancePolicy, policy, "the policy that was set");
      expect_equal(administrator.set(shown), STATUS_SUCCESS, "what is shown, set again");
      expect_equal(administrator.set(administrator.policy_v1()), STATUS_SUCCESS,
                   "the first version, set again");
      if (lost) {
        scene.device(port).unplug(false);
        expect(scene.mpio.recover(scene.device(port)), "the path is back");
        machine().settle();
      }
      Request request;
      scene.mpio.read(request, 0, 1);
      scene.mpio.run(request);
      expect_equal(request.status, STATUS_SUCCESS, "a read with it");
      const PolicyV2 again = administrator.policy();
      expect_equal(again.head.LoadBalancePolicy, policy, "the policy after that");
    }
    scene.unload();
  }
}
void round_trips_symmetric(const std::string& driver) {
  round_trips(driver, Scene::symmetric_array(3), {1, 2, 3, 4, 5, 6, 7});
}
void round_trips_asymmetric(const std::string& driver) {
  round_trips(driver, Scene::asymmetric_array(), {3, 4, 5, 6, 7});
}

void weights(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(2);
  Administrator administrator(scene);
  PolicyV2 policy = administrator.policy();
  policy.head.LoadBalancePolicy = kWeightedPaths;
  policy.paths[0].PathWeight = 9;
  policy.paths[1].PathWeight = 3;
  expect_equal(administrator.set(policy), STATUS_SUCCESS, "weighted paths");
  expect_equal(share(scene, 1), 10U, "reads down the lighter path");
  expect_equal(administrator.set_policy(kLeastQueueDepth), STATUS_SUCCESS, "another policy");
  scene.unload();
  scene.must_load();
  scene.arrive(2);
  expect_equal(administrator.policy_now(), kLeastQueueDepth, "policy after another start");
  expect_equal(administrator.policy().paths[0].PathWeight, 9U, "weights stay with the paths");
  expect_equal(administrator.policy().paths[1].PathWeight, 3U, "weights stay with the paths");
  scene.unload();
}

// The policy of the vendor's own: by how long commands take.
void vendor_specific(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(2);
  Administrator administrator(scene);
  PolicyV2 policy = administrator.policy();
  policy.head.LoadBalancePolicy = kLeastServiceTime;
  policy.paths[0].PrimaryPath = 0;  // means nothing to it
  expect_equal(administrator.set(policy), STATUS_SUCCESS, "vendor specific");
  expect_equal(administrator.policy_now(), kLeastServiceTime, "policy");
  expect_equal(administrator.policy().paths[0].PrimaryPath, 1U, "all paths are in use");
  expect(share(scene, 0) + share(scene, 1) != 0, "reads go on");
  scene.unload();
}

// Explicit ALUA: the path that is to be active stands in the other group.
void activates_a_group(const std::string& driver) {
  Scene scene(driver, Scene::asymmetric_array());
  scene.must_load();
  scene.arrive(2);
  Administrator administrator(scene);
  PolicyV2 policy = administrator.policy();
  policy.head.LoadBalancePolicy = kFailOverOnly;
  policy.paths[0].PrimaryPath = 0;
  policy.paths[1].PrimaryPath = policy.paths[1].OptimizedPath = 1;
  expect_equal(administrator.set(policy), STATUS_SUCCESS, "the other side is to be active");
  expect(scene.array().groups().state(2) == scsi::AccessState::active_optimized,
         "the array made it so");
  expect_equal(share(scene, 1), 10U, "reads down it");
  scene.unload();
}

// LUN before make of device before all; clearing one uncovers the next.
void levels(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(2);
  Administrator administrator(scene);
  const auto now = [&](ULONG policy, const std::string& why) {
    expect_equal(administrator.policy_now(), policy, why);
  };
  expect_equal(administrator.set_dsm_wide(6), STATUS_SUCCESS, "for all");
  now(6, "for all, at once");
  expect_equal(administrator.set_target(kHardwareId, 4), STATUS_SUCCESS, "for the make");
  now(4, "for the make");
  expect_equal(administrator.set_dsm_wide(0), STATUS_SUCCESS, "for all, cleared");
  now(4, "clearing for all leaves what comes from the make");
  expect_equal(administrator.set_dsm_wide(5), STATUS_SUCCESS, "for all");
  expect_equal(administrator.set_policy(kWithSubset), STATUS_SUCCESS, "for the LUN");
  now(kWithSubset, "the LUN's own");
  expect_equal(administrator.set_target(kHardwareId, 0), STATUS_SUCCESS, "for the make, cleared");
  expect_equal(administrator.set_dsm_wide(0), STATUS_SUCCESS, "for all, cleared");
  now(kWithSubset, "clearing leaves LUNs that have their own");
  expect_equal(administrator.set_target(u"DSMKIT", 6), STATUS_SUCCESS,
               "for a longer list of makes");
  expect_equal(administrator.set_target(u"OTHER", 4), STATUS_SUCCESS, "for another make");
  expect_equal(administrator.clear(), STATUS_SUCCESS, "the LUN's own, cleared");
  now(6, "what is set for its make");
  expect_equal(administrator.set_target(u"DSMKIT", 0), STATUS_SUCCESS, "cleared");
  now(kRoundRobin, "nothing is set any more");
  expect(lun_key().empty(), "and nothing is stored for the LUN");
  scene.unload();
}

// A device that is there, but not in use yet, is shown as one that does not work, and need not be
// named; what is preferred stays so.
void arriving(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(2);
  Administrator administrator(scene);
  administrator.must_set_primary(kFailOverOnly, "01", 2);
  scene.mpio.remove(scene.device(1), true);
  scene.mpio.patience.recovery_ns = 1'000'000'000'000;  // MPIO keeps what is not ready
  scene.device(1).tamper = [&scene](const scsi::Cdb& cdb, std::vector<uint8_t>&) {
    const bool is_last = cdb.opcode() == scsi::kInquiry && cdb.bytes[1] == 0;
    scene.device(1).unplug(is_last);  // as soon as it has been claimed
  };
  static_cast<void>(scene.mpio.arrive(scene.device(1)));
  expect_text(states(scene), "AO NEW", "before it is in use");
  PolicyV2 policy = administrator.policy();
  expect_equal(policy.paths[1].FailedPath, 1U, "FailedPath of what is not in use");
  expect_equal(policy.paths[1].PrimaryPath + policy.paths[1].OptimizedPath, 0U, "marks");
  expect_equal(administrator.set(policy), STATUS_SUCCESS, "what is shown, set again");
  policy.paths[1] = {};
  expect_equal(administrator.set(policy), STATUS_SUCCESS, "it is not named");
  scene.device(1).tamper = nullptr;
  scene.device(1).unplug(false);
  expect(scene.mpio.recover(scene.device(1)), "it is ready");
  expect_reads(scene, "222", "it is in use");
  scene.unload();
}

constexpr Scenario kScenarios[] = {
    {"wmi/round-trips-symmetric", round_trips_symmetric},
    {"wmi/round-trips-asymmetric", round_trips_asymmetric},
    {"wmi/weights", weights},
    {"wmi/vendor-specific", vendor_specific},
    {"wmi/arriving", arriving},
    {"wmi/activates-a-group", activates_a_group},
    {"wmi/levels", levels},
};

}  // namespace

std::span<const Scenario> wmi_policy_scenarios() {
  return kScenarios;
}

}  // namespace harness
