// Acceptance: which path each policy takes, at the boundary of request blocks. The numbers are
// those of dsm/acceptance, which has the same list for the DSM itself.
#include <algorithm>
#include <array>

#include "scsi/opcodes.h"
#include "windows/harness/administrator.h"
#include "windows/harness/scenarios/observe.h"

namespace harness {
namespace {

constexpr uint64_t kSlowNs = 1'000'000'000;

void lose(Scene& scene, unsigned port) {
  scene.device(port).unplug(true);
  PVOID successor = nullptr;
  scene.mpio.invalidate(scene.mpio.path_of(scene.device(port)), successor);
  machine().settle();
}
void bring_back(Scene& scene, unsigned port) {
  scene.device(port).unplug(false);
  expect(scene.mpio.recover(scene.device(port)), "the path is verified");
  machine().settle();
}

// The LUN's own settings: which of its paths, from the first on, are primary ones.
void set_primary(Scene& scene, ULONG policy, const std::string& marks, unsigned preferred = 0) {
  Administrator administrator(scene);
  PolicyV2 wanted = administrator.policy();
  wanted.head.LoadBalancePolicy = policy;
  for (size_t i = 0; i < wanted.paths.size(); ++i) {
    wanted.paths[i].PrimaryPath = marks[i] == '1' ? 1 : 0;
    wanted.paths[i].OptimizedPath = 1;
    wanted.paths[i].PreferredPath = i + 1 == preferred ? 1 : 0;
  }
  expect_equal(administrator.set(wanted), STATUS_SUCCESS, "policy " + std::to_string(policy));
}

// 4: the preferred path, whoever set it; while it is away the first that stands by.
void fails_and_returns(Scene& scene) {
  expect_states(scene, "SB AO SB", "a preferred path");
  expect_reads(scene, "222", "a preferred path");
  lose(scene, 1);
  expect_states(scene, "AO FAILED SB", "the preferred path fails");
  expect_reads(scene, "111", "the preferred path fails");
  bring_back(scene, 1);
  expect_states(scene, "SB AO SB", "the preferred path returns");
  expect_reads(scene, "222", "the preferred path returns");
}
void preferred_path(const std::string& driver) {
  Scene scene(driver, Scene::symmetric_array(3));
  scene.must_load();
  scene.arrive(3);
  Administrator administrator(scene);
  expect_equal(administrator.set_dsm_wide(kFailOverOnly, administrator.path(1)), STATUS_SUCCESS,
               "fail over only for all");
  fails_and_returns(scene);
  set_primary(scene, kFailOverOnly, "010", 2);
  fails_and_returns(scene);
  scene.unload();
}

// ... unless another is in a group that the array prefers.
void preferred_group(const std::string& driver) {
  constexpr uint8_t kPreferred = 0x80;
  array::Config config = Scene::grouped_array(3, array::AluaMode::implicit_only);
  config.symmetric = true;
  Scene scene(driver, config);
  for (unsigned port = 0; port < 3; ++port) {
    scene.device(port).tamper = [](const scsi::Cdb& cdb, std::vector<uint8_t>& data) {
      if (cdb.opcode() == scsi::kMaintenanceIn) {
        data.at(data.size() - 12) |= kPreferred;  // the last group, which has one port
      }
    };
  }
  scene.must_load();
  scene.arrive(3);
  Administrator administrator(scene);
  expect_equal(administrator.set_dsm_wide(kFailOverOnly, administrator.path(1)), STATUS_SUCCESS,
               "fail over only for all");
  expect_states(scene, "SB AO SB", "a preferred path");
  lose(scene, 1);
  expect_states(scene, "SB FAILED AO", "the preferred path fails");
  expect_reads(scene, "333", "the preferred path fails");
  bring_back(scene, 1);
  expect_states(scene, "SB AO SB", "the preferred path returns");
  scene.unload();
}

// Of these nothing is stored any more.
void forget_paths_that_stand_by() {
  const std::u16string paths = lun_key() + u"\\DSMPATH#";
  const std::u16string primary = u"\\DSMPRIMARYPATH";
  unsigned forgotten = 0;
  for (const auto& [name, value] : machine().registry.all()) {
    if (name.starts_with(paths) && name.ends_with(primary) && value.bytes[0] == 0) {
      machine().registry.remove_tree(name.substr(0, name.size() - primary.size()));
      ++forgotten;
    }
  }
  expect_equal(forgotten, 1U, "paths that stand by");
}

// 5: back to the path that is stored as the primary one; without one it stays where it is.
void saved_primary(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(2);
  set_primary(scene, kFailOverOnly, "10");
  scene.unload();
  forget_paths_that_stand_by();
  scene.must_load();
  scene.arrive(2);
  expect_states(scene, "AO SB", "another start");
  lose(scene, 0);
  expect_states(scene, "FAILED AO", "the primary path fails");
  expect_reads(scene, "22", "the primary path fails");
  bring_back(scene, 0);
  expect_states(scene, "AO SB", "the primary path returns");
  expect_reads(scene, "11", "the primary path returns");
  scene.unload();
  scene.must_load();
  expect(scene.mpio.arrive(scene.device(1)), "port 1 is taken into use");
  expect_states(scene, "AO", "the other path alone");
  expect(scene.mpio.arrive(scene.device(0)), "port 0 is taken into use");
  expect_states(scene, "SB AO", "the primary path comes later");
  scene.unload();
}
void no_primary(const std::string& driver) {
  Scene scene(driver);
  scene.set_policy(kFailOverOnly);
  scene.must_load();
  scene.arrive(2);
  expect_states(scene, "AO SB", "fail over only");
  lose(scene, 0);
  bring_back(scene, 0);
  expect_states(scene, "SB AO", "the first path fails and returns");
  expect_reads(scene, "22", "the first path fails and returns");
  scene.unload();
}

// 6: a path that stands by carries reads when all of the subset have failed, and no longer.
void subset(const std::string& driver) {
  Scene scene(driver, Scene::symmetric_array(4));
  scene.must_load();
  scene.arrive(4);
  set_primary(scene, kWithSubset, "1100");
  expect_states(scene, "AO AO SB SB", "two of four");
  const std::string both = next_reads(scene, 4);
  expect(both == "1212" || both == "2121", "they take turns: reads are on " + both);
  lose(scene, 0);
  lose(scene, 1);
  expect_states(scene, "FAILED FAILED AO SB", "both fail");
  expect_reads(scene, "3333", "both fail");
  bring_back(scene, 0);
  expect_states(scene, "AO FAILED SB SB", "one returns");
  expect_reads(scene, "1111", "one returns");
  bring_back(scene, 1);
  expect_states(scene, "AO AO SB SB", "the other returns");
  scene.unload();
}

void next_in_order(const std::string& driver) {
  Scene scene(driver, Scene::symmetric_array(4));
  scene.must_load();
  scene.arrive(4);
  expect_reads(scene, "1", "the first of four");
  PVOID successor = nullptr;
  expect_equal(scene.mpio.invalidate(scene.mpio.path_of(scene.device(1)), successor),
               STATUS_SUCCESS, "InvalidatePath");
  expect_reads(scene, "341", "after the one that would have been next");
  scene.unload();
}

void least_queue_depth(const std::string& driver) {
  Scene scene(driver, Scene::symmetric_array(3));
  scene.set_policy(kLeastQueueDepth);
  scene.must_load();
  scene.arrive(1);
  scene.device(0).set_latency(kSlowNs);
  std::array<Request, 5> slow;
  for (unsigned i = 0; i < 3; ++i) {
    scene.mpio.read(slow[i], 0, 1);
  }
  for (unsigned i = 1; i < 3; ++i) {
    expect(scene.mpio.arrive(scene.device(i)), "another path");
    scene.device(i).set_latency(kSlowNs);
    scene.mpio.read(slow[i + 2], 0, 1);
    expect_equal(number_of(slow[i + 2]), i + 1, "the empty queue");
  }
  // Depths 3, 1, 1.
  for (unsigned i = 1; i < 3; ++i) {
    scene.device(i).set_latency(1);
  }
  std::string are = next_reads(scene, 4);
  expect(are == "2323" || are == "3232", "depths 3, 1, 1: reads are on " + are);
  for (Request& request : slow) {
    scene.mpio.run(request);
  }
  scene.device(0).set_latency(1);
  are = next_reads(scene, 6);
  expect_equal(std::count(are.begin(), are.end(), '1'), 2L, "reads on path 1 of three idle ones");
  scene.unload();
}

// 9: the least weight; equal ones take turns; the greatest is used when nothing else is left.
void weights(const std::string& driver) {
  Scene scene(driver, Scene::symmetric_array(3));
  scene.must_load();
  scene.arrive(3);
  const auto weigh = [&scene](std::array<ULONG, 3> weights) {
    Administrator administrator(scene);
    PolicyV2 wanted = administrator.policy();
    wanted.head.LoadBalancePolicy = kWeightedPaths;
    for (size_t i = 0; i < weights.size(); ++i) {
      wanted.paths[i].PrimaryPath = wanted.paths[i].OptimizedPath = 1;
      wanted.paths[i].PathWeight = weights[i];
    }
    expect_equal(administrator.set(wanted), STATUS_SUCCESS, "weighted paths");
  };
  weigh({10, 5, 6});
  expect_reads(scene, "222", "weights 10, 5, 6");
  weigh({10, 5, 5});
  expect_states(scene, "SB AO AO", "weights 10, 5, 5");
  const std::string are = next_reads(scene, 4);
  expect(are == "2323" || are == "3232", "weights 10, 5, 5: reads are on " + are);
  lose(scene, 1);
  expect_reads(scene, "333", "the second fails");
  lose(scene, 2);
  expect_reads(scene, "111", "the third, too");
  bring_back(scene, 1);
  bring_back(scene, 2);
  weigh({UINT32_MAX, 5, 6});
  expect_reads(scene, "222", "the greatest weight beside others");
  scene.mpio.remove(scene.device(1), true);
  scene.mpio.remove(scene.device(2), true);
  expect_states(scene, "AO", "the greatest weight alone");
  expect_reads(scene, "111", "the greatest weight alone");
  scene.unload();
}

// 33: the administrator's choice, by MPIO: the other path becomes the active one, none is failed.
void move(const std::string& driver) {
  for (const bool symmetric : {true, false}) {
    Scene scene(driver, symmetric ? Scene::symmetric_array() : Scene::asymmetric_array());
    scene.set_policy(kFailOverOnly);
    scene.must_load();
    scene.arrive(2);
    expect_reads(scene, "11", "before");
    expect(scene.mpio.move_to(scene.device(1)), "MoveDevice");
    expect_states(scene, symmetric ? "SB AO" : "AU AO", "the path moved to");
    expect_reads(scene, "22", "the path moved to");
    constexpr ULONG kAdminRequest = 0x80000000;
    int nobody = 0;
    expect_equal(scene.mpio.move_to_path(&nobody, kAdminRequest), STATUS_INVALID_PARAMETER,
                 "MoveDevice to a path that nobody knows");
    expect_states(scene, symmetric ? "SB AO" : "AU AO", "afterwards");
    expect_reads(scene, "22", "afterwards");
    scene.device(1).unplug(true);
    expect_reads(scene, "11", "the former path has not failed");
    scene.unload();
  }
}

constexpr Scenario kScenarios[] = {
    {"acceptance/04_preferred-path", preferred_path},
    {"acceptance/04_preferred-group", preferred_group},
    {"acceptance/05_saved-primary", saved_primary},
    {"acceptance/05_no-primary", no_primary},
    {"acceptance/06_subset", subset},
    {"acceptance/07_next-in-order", next_in_order},
    {"acceptance/08_least-queue-depth", least_queue_depth},
    {"acceptance/09_weights", weights},
    {"acceptance/33_move", move},
};

}  // namespace

std::span<const Scenario> acceptance_policy_scenarios() {
  return kScenarios;
}

}  // namespace harness
