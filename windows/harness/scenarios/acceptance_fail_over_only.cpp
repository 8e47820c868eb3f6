// Acceptance: fail over only, at the boundary of request blocks. The numbers are those of
// dsm/acceptance, which has the same list for the DSM itself.
#include "scsi/opcodes.h"
#include "windows/harness/administrator.h"
#include "windows/harness/scenarios/observe.h"

namespace harness {
namespace {

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
  administrator.must_set_primary(kFailOverOnly, "010", 2);
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
  Administrator(scene).must_set_primary(kFailOverOnly, "10");
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
    int nobody = 0;
    expect_equal(scene.mpio.move_to_path(&nobody, DSM_MOVE_ADMIN_REQUEST), STATUS_INVALID_PARAMETER,
                 "MoveDevice to a path that nobody knows");
    expect_equal(scene.mpio.move_to_path(nullptr, DSM_MOVE_ADMIN_REQUEST), STATUS_INVALID_PARAMETER,
                 "MoveDevice to none");
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
    {"acceptance/33_move", move},
};

}  // namespace

std::span<const Scenario> acceptance_fail_over_only_scenarios() {
  return kScenarios;
}

}  // namespace harness
