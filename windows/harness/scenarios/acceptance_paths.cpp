// Acceptance: paths come, fail and go, and what is left, at the boundary of request blocks. The
// numbers are those of dsm/acceptance, which has the same list for the DSM itself.
#include <array>
#include <span>

#include "scsi/opcodes.h"
#include "scsi/sense.h"
#include "windows/driver/pool.h"
#include "windows/harness/administrator.h"
#include "windows/harness/scenarios/cluster.h"

namespace harness {
namespace {

using driver::kDeviceTag;
using driver::kPathTag;

void two_paths_alternate(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(2);
  expect_states(scene, "AO AO", "two paths without ALUA");
  expect_reads(scene, "1212", "two paths without ALUA");
  scene.unload();
}

// What the DSM says of the error, and by that alone the path is failed.
void selection_timeout(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(2);
  ScsiDevice& lost = scene.device(0);
  Request request;
  request.set_command(scsi::make_read(0, 1), SRB_FLAGS_DATA_IN);
  request.srb.SrbStatus = SRB_STATUS_SELECTION_TIMEOUT;
  const Mpio::Verdict verdict = scene.mpio.interpret(lost, request, STATUS_IO_TIMEOUT);
  expect_equal(verdict.mask, DSM_FATAL_ERROR, "the mask");
  expect(!verdict.retry, "no retry");
  machine().settle();
  expect_states(scene, "FAILED AO", "a selection timeout");
  expect_reads(scene, "222", "a selection timeout");
  PVOID successor = nullptr;
  expect_equal(scene.mpio.invalidate(scene.mpio.path_of(lost), successor), STATUS_SUCCESS,
               "InvalidatePath");
  expect(successor == scene.mpio.path_of(scene.device(1)), "it names the other path");
  const DSM_INIT_DATA& dsm = scene.mpio.dsm();
  expect_equal(
      dsm.DsmPathVerify(dsm.DsmContext, scene.mpio.dsm_id_of(lost), scene.mpio.path_of(lost)),
      STATUS_SUCCESS, "PathVerify");
  expect_states(scene, "FAILED AO", "verified, and not active yet");
  expect(scene.mpio.recover(lost), "the path is verified");
  expect_states(scene, "AO AO", "the path is active again");
  scene.unload();
}

void path_fails_and_returns(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(2);
  std::array<Request, 4> requests;
  scene.device(0).unplug(true);
  for (Request& request : requests) {
    scene.mpio.read(request, 0, 1);
  }
  for (Request& request : requests) {
    scene.mpio.run(request);
    expect_equal(request.status, STATUS_SUCCESS, "a read that lost its path");
    expect(request.device == &scene.device(1), "it was sent down the other path");
  }
  expect_equal(scene.mpio.invalidations, 1U, "paths invalidated");
  PVOID successor = nullptr;
  expect_equal(scene.mpio.invalidate(scene.mpio.path_of(scene.device(0)), successor),
               STATUS_SUCCESS, "InvalidatePath");
  expect(successor == scene.mpio.path_of(scene.device(1)), "it names the other path");
  expect(!scene.mpio.recover(scene.device(0)), "the path is not verified while it is unplugged");
  expect_reads(scene, "222", "while it is failed");
  scene.device(0).unplug(false);
  expect(scene.mpio.recover(scene.device(0)), "the path is verified");
  expect_states(scene, "AO AO", "the path is back");
  const unsigned before = scene.device(0).requests();
  next_reads(scene, 10);
  expect_equal(scene.device(0).requests() - before, 5U, "reads down the path that is back");
  scene.unload();
}

// Plug and play took every device of the path first; then MPIO says that the path has failed. Two
// disks had their active path there.
void removed_before_invalidated(const std::string& driver) {
  for (const bool symmetric : {true, false}) {
    array::Config config = symmetric ? Scene::symmetric_array() : Scene::asymmetric_array();
    config.luns.push_back(config.luns.front());
    Scene scene(driver, config);
    scene.set_policy(kFailOverOnly);
    scene.must_load();
    std::array<ScsiDevice*, 2> first = {&scene.device(0), &scene.add_device(0, 1)};
    for (ScsiDevice* device : {first[0], first[1], &scene.device(1), &scene.add_device(1, 1)}) {
      expect(scene.mpio.arrive(*device), "a device is taken into use");
    }
    const PVOID lost = scene.mpio.path_of(*first[0]);
    const PVOID other = scene.mpio.path_of(scene.device(1));
    for (const unsigned disk : {0U, 1U}) {
      expect_reads(scene, "11", "before, disk " + std::to_string(disk), disk);
    }
    for (ScsiDevice* device : first) {
      scene.mpio.remove_device_only(*device, false);
    }
    PVOID successor = nullptr;
    expect_equal(scene.mpio.invalidate(lost, successor), STATUS_SUCCESS, "InvalidatePath");
    expect(successor == other, "the disks' other path is the successor");
    machine().settle();
    for (const unsigned disk : {0U, 1U}) {
      expect_states(scene, "AO", "afterwards, disk " + std::to_string(disk), disk);
      expect_reads(scene, "22", "afterwards, disk " + std::to_string(disk), disk);
    }
    scene.mpio.remove_path(lost);
    expect_equal(scene.mpio.invalidate(lost, successor), STATUS_NO_SUCH_DEVICE,
                 "InvalidatePath of a path that is gone");
    scene.unload();
  }
}

constexpr uint64_t kStepNs = 10'000'000;

// Sent together, and they end so far apart.
void read_one_after_the_other(Scene& scene, std::span<Request> requests) {
  uint64_t latency_ns = 0;
  for (Request& request : requests) {
    scene.device(0).set_latency(latency_ns += kStepNs);
    scene.mpio.read(request, 0, 1);
  }
}

void removed_with_requests(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(1);
  std::array<Request, 3> requests;
  read_one_after_the_other(scene, requests);
  scene.mpio.remove(scene.device(0), false);
  for (Request& request : requests) {
    expect_equal(machine().pool.count(kPathTag), 1U, "paths with a request under way");
    expect_equal(machine().pool.count(kDeviceTag), 1U, "devices with a request under way");
    scene.mpio.run(request);
  }
  expect_equal(machine().pool.count(kPathTag), 0U, "paths");
  expect_equal(machine().pool.count(kDeviceTag), 0U, "devices");
  scene.unload();
}

// The device comes back while three requests are out, and MPIO asks once.
void back_with_requests(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(1);
  std::array<Request, 3> requests;
  read_one_after_the_other(scene, requests);
  scene.device(0).set_latency(kStepNs / 100);
  scene.mpio.remove(scene.device(0), false);
  expect(scene.mpio.arrive(scene.device(0)), "the device is back");
  Request request;
  must_read(scene, request);
  expect(!requests[0].done, "the former requests are out still");
  for (Request& former : requests) {
    expect_equal(machine().pool.count(kPathTag), 1U, "paths: it is the same one");
    expect_equal(machine().pool.count(kDeviceTag), 2U, "devices with a former request under way");
    scene.mpio.run(former);
  }
  must_read(scene, request);
  expect_equal(machine().pool.count(kDeviceTag), 1U, "devices");
  scene.mpio.remove(scene.device(0), false);
  expect_equal(machine().pool.count(kPathTag), 0U, "paths");
  expect_equal(machine().pool.count(kDeviceTag), 0U, "devices when all is over");
  scene.unload();
}

// What is set for it while a former request is out is its own: there is one path of that name.
void settings_while_former_requests_end(const std::string& driver) {
  constexpr uint64_t kLatencyNs = 10'000'000;
  Scene scene(driver);
  scene.must_load();
  scene.arrive(2);
  Administrator administrator(scene);
  const auto set_weights = [&administrator](ULONG weight) {
    PolicyV2 policy = administrator.policy();
    policy.head.LoadBalancePolicy = kWeightedPaths;
    for (wire::PathV2& path : policy.paths) {
      path.PrimaryPath = path.OptimizedPath = 1;
      path.PathWeight = weight;
    }
    expect_equal(administrator.set(policy), STATUS_SUCCESS, "weights");
    size_t stored = 0;
    for (const auto& [key, value] : machine().registry.all()) {
      stored += key.ends_with(u"\\DSMPATHWEIGHT") ? 1 : 0;
    }
    expect_equal(stored, 2U, "weights that are stored");
  };
  set_weights(5);
  std::array<Request, 2> requests;
  for (const unsigned port : {0U, 1U}) {
    scene.device(port).set_latency(kLatencyNs);
    scene.mpio.read(requests[port], 0, 1);
    scene.device(port).set_latency(kLatencyNs / 100);
  }
  scene.mpio.remove(scene.device(0), false);
  expect(scene.mpio.arrive(scene.device(0)), "the device is back");
  set_weights(6);
  expect_equal(machine().pool.count(kDeviceTag), 3U, "devices with a former request under way");
  for (Request& former : requests) {
    scene.mpio.run(former);
  }
  set_weights(7);
  scene.unload();
}

// MPIO shows the device that is back before it lets go of the path that it was on.
void back_before_its_path_goes(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(2);
  ScsiDevice& device = scene.device(0);
  const PVOID path = scene.mpio.path_of(device);
  scene.mpio.remove_device_only(device, false);
  expect(scene.mpio.arrive(device), "the device is back");
  scene.mpio.remove_path(path);
  expect_states(scene, "AO AO", "of the path that was let go of in between");
  scene.mpio.remove_device_only(device, false);
  PVOID successor = nullptr;
  expect_equal(scene.mpio.invalidate(path, successor), STATUS_SUCCESS,
               "InvalidatePath: the path is there still");
  expect(successor == scene.mpio.path_of(scene.device(1)), "the other path is the successor");
  scene.mpio.remove_path(path);
  expect_equal(machine().pool.count(kPathTag), 1U, "paths");
  scene.unload();
}

// Capacity: 32 paths of a LUN; one more is refused and leaves nothing behind.
void thirty_third_path(const std::string& driver) {
  constexpr unsigned kPaths = 32;
  Scene scene(driver, Scene::symmetric_array(kPaths + 1));
  scene.must_load();
  scene.arrive(kPaths);
  Request request;
  for (unsigned port = 0; port < kPaths; ++port) {
    must_read(scene, request);
    expect_equal(number_of(request), port + 1, "the path of a read");
  }
  const std::string before = machine().pool.leaks();
  expect(!scene.mpio.arrive(scene.device(kPaths)), "the 33rd path is refused");
  expect(machine().pool.leaks() == before, "nothing is left of it");
  scene.mpio.remove(scene.device(7), true);
  expect(scene.mpio.arrive(scene.device(kPaths)), "with a path less there is room");
  scene.unload();
}

// Everything that a device may leave in the driver: two disks, a path that has failed, one that
// never worked, settings, a registration, I/O that is counted, access states that are being read.
void unload_with_devices(const std::string& driver) {
  array::Config config = Scene::asymmetric_array();
  config.ports.push_back({0});
  config.luns.push_back(config.luns.front());
  Scene scene(driver, config);
  scene.mpio.patience.recovery_ns = UINT64_MAX / 2;  // so that it keeps what does not work
  scene.must_load();
  scene.arrive(2);
  expect(scene.mpio.arrive(scene.add_device(0, 1)), "a device of the other disk");
  constexpr unsigned kAlways = 1000;
  scene.device(2).answer_next(scsi::kMaintenanceIn, kAlways, scsi::kCheckCondition,
                              scsi::make_sense(scsi::kIllegalRequest, 0x2000));
  scene.mpio.arrive(scene.device(2));
  Administrator administrator(scene);
  expect_equal(administrator.set_policy(kLeastBlocks), STATUS_SUCCESS, "a policy");
  Request request;
  const Wish wish{.service_action_key = kOurKey};
  scene.mpio.command(request, cdb_of(wish), list_of(wish));
  scene.mpio.run(request);
  must_read(scene, request);
  must_read(scene, request, 1);
  PVOID successor = nullptr;
  scene.mpio.invalidate(scene.mpio.path_of(scene.device(1)), successor);
  expect_states(scene, "AO FAILED NEW", "before the unload");
  come_back(request, scsi::make_read(0, 1), SRB_STATUS_ERROR,
            scsi::make_sense(scsi::kUnitAttention, 0x2a06));
  scene.mpio.interpret(scene.device(0), request, STATUS_IO_DEVICE_ERROR);
  expect_equal(scene.mpio.throttles, scene.mpio.resumes + 1, "I/O held by the DSM");
  scene.unload_at_once();
}

constexpr Scenario kScenarios[] = {
    {"acceptance/01_two-paths-alternate", two_paths_alternate},
    {"acceptance/02_selection-timeout", selection_timeout},
    {"acceptance/02_path-fails-and-returns", path_fails_and_returns},
    {"acceptance/25_removed-before-invalidated", removed_before_invalidated},
    {"acceptance/26_removed-with-requests", removed_with_requests},
    {"acceptance/26_back-with-requests", back_with_requests},
    {"acceptance/26_settings-while-former-requests-end", settings_while_former_requests_end},
    {"acceptance/26_back-before-its-path-goes", back_before_its_path_goes},
    {"acceptance/34_thirty-third-path", thirty_third_path},
    {"acceptance/35_unload-with-devices", unload_with_devices},
};

}  // namespace

std::span<const Scenario> acceptance_path_scenarios() {
  return kScenarios;
}

}  // namespace harness
