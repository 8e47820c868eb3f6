// Reads and writes: spread over the paths, counted, and counted off.
#include <algorithm>
#include <array>
#include <cstring>

#include "scsi/cdb.h"
#include "scsi/persistent_reservation.h"
#include "windows/driver/pool.h"
#include "windows/harness/guarded_bytes.h"
#include "windows/harness/scenario.h"

namespace harness {
namespace {

bool all_are(const std::vector<uint8_t>& bytes, uint8_t value) {
  return std::all_of(bytes.begin(), bytes.end(), [value](uint8_t byte) { return byte == value; });
}

void round_robin(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(2);
  Request request;
  scene.mpio.write(request, 0, 8, 0x5a);
  scene.mpio.run(request);
  expect_equal(request.status, STATUS_SUCCESS, "a write");
  const std::array<unsigned, 2> before = {scene.device(0).requests(), scene.device(1).requests()};
  for (int i = 0; i < 100; ++i) {
    scene.mpio.read(request, 0, 8);
    scene.mpio.run(request);
    expect_equal(request.status, STATUS_SUCCESS, "a read");
    expect(all_are(request.data, 0x5a), "what was written is read");
  }
  expect_equal(scene.device(0).requests() - before[0], 50U, "reads down path 0");
  expect_equal(scene.device(1).requests() - before[1], 50U, "reads down path 1");
  scene.mpio.remove(scene.device(0), true);
  scene.mpio.remove(scene.device(1), true);
  scene.unload();
}

// MPIO with type 6 passes on extended request blocks. Sequential reads show that their blocks are
// understood: least blocks keeps them on one path.
void extended_blocks(const std::string& driver) {
  Scene scene(driver);
  scene.set_policy(kLeastBlocks);
  scene.must_load();
  scene.arrive(2);
  Request request;
  request.extended = true;
  scene.mpio.write(request, 0, 64, 0x11);
  scene.mpio.run(request);
  expect_equal(request.status, STATUS_SUCCESS, "a write");
  PortDevice* first = nullptr;
  for (unsigned i = 0; i < 8; ++i) {
    scene.mpio.read(request, i * 8, 8);
    scene.mpio.run(request);
    expect_equal(request.status, STATUS_SUCCESS, "a read");
    expect(all_are(request.data, 0x11), "what was written is read");
    first = first == nullptr ? request.device : first;
    expect(request.device == first, "sequential reads stay on their path");
  }
  scene.unload();
}

// Extended blocks whose numbers lead out of them: a path is chosen, and nothing is read beyond.
void malformed_blocks(const std::string& driver) {
  constexpr ULONG kOdd[] = {0, 1, 119, 120, 127, 128, 176, 183, 184, 0x7fffffff, 0xffffffff};
  Scene scene(driver);
  scene.must_load();
  scene.arrive(2);
  Request request;
  ExtendedBlock good;
  extend(request.srb, good);
  for (const size_t bytes : {sizeof(STORAGE_REQUEST_BLOCK), sizeof(ExtendedBlock)}) {
    GuardedBytes guarded(bytes);
    for (const ULONG count : kOdd) {
      for (const ULONG offset : kOdd) {
        good.block.SrbLength = static_cast<ULONG>(bytes);
        good.block.NumSrbExData = count;
        good.block.SrbExDataOffset[0] = offset;
        std::memcpy(guarded.data(), &good, bytes);
        scene.mpio.choose_only(reinterpret_cast<SCSI_REQUEST_BLOCK*>(guarded.data()));
      }
    }
  }
  scene.unload();
}

// INQUIRY and the like go down a path as reads do.
void other_commands(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(2);
  for (const bool extended : {false, true}) {
    Request request;
    request.extended = extended;
    scene.mpio.command(request, scsi::make_inquiry(96), {}, 96);
    scene.mpio.run(request);
    expect_equal(request.status, STATUS_SUCCESS, "INQUIRY");
    expect_equal(std::string(request.data.begin() + 8, request.data.begin() + 14) == "DSMKIT", true,
                 "the vendor");
    scene.mpio.command(request, scsi::make_test_unit_ready(), {});
    scene.mpio.run(request);
    expect_equal(request.status, STATUS_SUCCESS, "TEST UNIT READY");
  }
  scene.device(0).unplug(true);
  scene.device(1).unplug(true);
  Request request;
  scene.mpio.command(request, scsi::make_test_unit_ready(), {});
  scene.mpio.run(request);
  expect(!NT_SUCCESS(request.status), "TEST UNIT READY without a path");
  scene.mpio.command(request, scsi::make_test_unit_ready(), {});
  scene.mpio.run(request);
  expect_equal(request.status, STATUS_NO_SUCH_DEVICE, "and another");
  scene.unload();
}

// With the policies that compare loads, a weight is taken on and off for each request: a slow path
// gets less.
void least_loaded_by(const std::string& driver, uint32_t policy) {
  constexpr uint64_t kSlowNs = 2'000'000;
  Scene scene(driver);
  scene.set_policy(policy);
  scene.must_load();
  scene.arrive(2);
  scene.device(0).set_latency(kSlowNs);
  std::array<Request, 4> requests;
  const std::array<unsigned, 2> before = {scene.device(0).requests(), scene.device(1).requests()};
  for (Request& request : requests) {
    scene.mpio.read(request, 0, 1);
  }
  for (int i = 0; i < 100; ++i) {
    machine().wait_until(
        [&] {
          return std::any_of(requests.begin(), requests.end(),
                             [](const Request& request) { return request.done; });
        },
        "the next request");
    scene.mpio.read(*std::find_if(requests.begin(), requests.end(),
                                  [](const Request& request) { return request.done; }),
                    0, 1);
  }
  for (Request& request : requests) {
    scene.mpio.run(request);
  }
  const unsigned slow = scene.device(0).requests() - before[0];
  const unsigned quick = scene.device(1).requests() - before[1];
  expect_equal(slow + quick, 104U, "requests");
  expect(quick > 4 * slow, "the slow path gets less: " + std::to_string(slow) + " of 104");
  scene.unload();
}

void least_loaded(const std::string& driver) {
  least_loaded_by(driver, kLeastQueueDepth);
  least_loaded_by(driver, kLeastServiceTime);
}

// One after the other, so that only the time they take tells the paths apart; both times are
// shorter than from one interrupt of the clock to the next.
void least_service_time(const std::string& driver) {
  constexpr unsigned kReads = 640;
  Scene scene(driver);
  scene.set_policy(kLeastServiceTime);
  scene.must_load();
  scene.arrive(2);
  scene.device(0).set_latency(3'000'000);
  scene.device(1).set_latency(100'000);
  const unsigned before = scene.device(0).requests();
  const auto read = [&scene] {
    Request request;
    scene.mpio.read(request, 0, 1);
    scene.mpio.run(request);
  };
  for (unsigned i = 0; i < kReads; ++i) {
    read();
  }
  const unsigned slow = scene.device(0).requests() - before;
  expect(slow < kReads / 16, "the slow path gets little: " + std::to_string(slow) + " of 640");
  // It becomes the faster one, which is seen although it is seldom used.
  scene.device(0).set_latency(10'000);
  const unsigned now = scene.device(0).requests();
  for (unsigned i = 0; i < 10 * kReads; ++i) {
    read();
  }
  expect(scene.device(0).requests() - now > 5 * kReads, "what has become fast gets most");
  scene.unload();
}

// A number that is no policy counts as none: the paths take turns.
void no_such_policy(const std::string& driver) {
  for (const uint32_t number : {0U, 8U, 0xffffffffU}) {
    Scene scene(driver);
    scene.set_policy(number);
    scene.must_load();
    scene.arrive(2);
    std::array<Request, 2> requests;
    for (Request& request : requests) {
      scene.mpio.read(request, 0, 1);
      scene.mpio.run(request);
    }
    expect(requests[0].device != requests[1].device, "the paths take turns");
    scene.unload();
  }
}

// A completion on another processor than the begin.
void other_processor(const std::string& driver) {
  machine().processors = 4;
  Scene scene(driver);
  scene.must_load();
  scene.arrive(2);
  std::array<Request, 8> requests;
  for (unsigned i = 0; i < requests.size(); ++i) {
    machine().processor = i % 4;
    scene.mpio.read(requests[i], i, 1);
  }
  machine().processor = 2;
  for (Request& request : requests) {
    scene.mpio.run(request);
    expect_equal(request.status, STATUS_SUCCESS, "a read");
  }
  scene.unload();
}

void optimized_paths_only(const std::string& driver) {
  Scene scene(driver, Scene::asymmetric_array());
  scene.must_load();
  scene.arrive(2);
  const unsigned before = scene.device(1).requests();
  Request request;
  for (int i = 0; i < 20; ++i) {
    scene.mpio.read(request, 0, 1);
    scene.mpio.run(request);
    expect_equal(request.status, STATUS_SUCCESS, "a read");
  }
  expect_equal(scene.device(1).requests() - before, 0U, "requests down the other path");
  scene.unload();
}

// The device goes while a request is under way: the objects live until it ends.
void removed_under_way(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(2);
  std::array<Request, 4> requests;
  for (Request& request : requests) {
    scene.mpio.read(request, 0, 1);
  }
  scene.mpio.remove(scene.device(0), false);
  scene.mpio.remove(scene.device(1), false);
  using driver::kDeviceTag;
  using driver::kLunTag;
  expect_equal(machine().pool.count(kDeviceTag), 2U, "devices with requests under way");
  for (Request& request : requests) {
    scene.mpio.run(request);
  }
  // At once, not when a timer looks again.
  expect_equal(machine().pool.count(kDeviceTag), 0U, "devices");
  expect_equal(machine().pool.count(kLunTag), 0U, "LUNs");
  scene.unload();
}

// MPIO may drop a request between LBGetPath and SetCompletion: nothing is left of it.
void chosen_and_dropped(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(1);
  for (int i = 0; i < 10; ++i) {
    Request request;
    scene.mpio.choose_only(request.block());
  }
  scene.mpio.remove(scene.device(0), true);
  scene.unload();
}

constexpr ULONG_PTR kStrangers[] = {1,          3,          0x4001,        0xff01,
                                    0x00ff0001, 0x1234ff03, ~ULONG_PTR{0}, 0xdeadbeef00010001};

PVOID& place_of(Request& request) {
  return request.irp->Tail.Overlay.CurrentStackLocation->Parameters.Others.Argument3;
}
PVOID number(ULONG_PTR value) {
  return reinterpret_cast<PVOID>(value);
}

// SetCompletion and the end, as MPIO would have them of this packet.
void count_once(Scene& scene, Request& request, SCSI_REQUEST_BLOCK* srb) {
  const DSM_INIT_DATA& dsm = scene.mpio.dsm();
  const AtIrql dispatch_level(DISPATCH_LEVEL);
  dsm.DsmSetCompletion(dsm.DsmContext, scene.mpio.dsm_id_of(scene.device(0)), request.irp, srb,
                       &request.completion);
  if (request.completion.DsmCompletionRoutine != nullptr) {
    request.completion.DsmCompletionRoutine(nullptr, request.irp, srb,
                                            request.completion.DsmContext);
  }
}

// What stands in the DSM's place of a packet when it comes, and is not the DSM's: it counts as
// nothing. There are fewer lanes than such a number may name.
void strangers_number(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(1);
  for (const ULONG_PTR stranger : kStrangers) {
    Request request;
    place_of(request) = number(stranger);
    count_once(scene, request, request.block());
    expect(request.completion.DsmCompletionRoutine != nullptr, "the request is counted");
    expect(place_of(request) == nullptr, "and nothing is left of it");
    place_of(request) = number(stranger);
    scene.mpio.choose_only(request.block());
    count_once(scene, request, request.block());
    expect(place_of(request) == nullptr, "nor after a choice");
  }
  scene.mpio.remove(scene.device(0), true);
  scene.unload();
}

// The code of a device control lies where the DSM remembers things of a request, and an internal
// one has the same function code as a request.
void device_controls(const std::string& driver) {
  constexpr ULONG_PTR kCodes[] = {0x4d03c, 0x2d1081, 0x41013};
  Scene scene(driver);
  scene.must_load();
  scene.arrive(1);
  for (const UCHAR function : {IRP_MJ_DEVICE_CONTROL, IRP_MJ_INTERNAL_DEVICE_CONTROL}) {
    for (const ULONG_PTR code : kCodes) {
      Request control;
      control.irp->Tail.Overlay.CurrentStackLocation->MajorFunction = function;
      place_of(control) = number(code);
      count_once(scene, control, nullptr);
      expect(place_of(control) == number(code), "the code of a device control stays");
    }
  }
  scene.mpio.remove(scene.device(0), true);
  scene.unload();
}

// Nor is a block looked at that comes with a device control: it may be anything.
void block_of_a_device_control(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(1);
  const DSM_INIT_DATA& dsm = scene.mpio.dsm();
  Request control;
  control.irp->Tail.Overlay.CurrentStackLocation->MajorFunction = IRP_MJ_DEVICE_CONTROL;
  control.set_command(scsi::make_persistent_reserve_out({}), 0);
  PVOID path = nullptr;
  NTSTATUS status = STATUS_UNSUCCESSFUL;
  {
    const AtIrql dispatch_level(DISPATCH_LEVEL);
    expect_equal(dsm.DsmCategorizeRequest(dsm.DsmContext, scene.mpio.list_of(0), control.irp,
                                          control.block(), nullptr, &path, &status),
                 DSM_PATH_SET, "CategorizeRequest of a device control");
    expect(path != nullptr && NT_SUCCESS(status), "it goes down a path");
    expect_equal(dsm.DsmCategorizeRequest(dsm.DsmContext, nullptr, control.irp, control.block(),
                                          nullptr, &path, &status),
                 DSM_ERROR, "and without a device");
  }
  expect_equal(control.srb.SrbStatus, SRB_STATUS_PENDING, "the block's status");
  scene.unload();
}

// Without memory for its count a request is carried all the same.
void no_memory(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(2);
  Request request;
  machine().pool.fail_at(machine().pool.allocations() + 1);
  scene.mpio.read(request, 0, 1);
  scene.mpio.run(request);
  expect(machine().pool.has_failed(), "a request is counted in a block of its own");
  expect_equal(request.status, STATUS_SUCCESS, "a read");
  scene.unload();
}

constexpr Scenario kScenarios[] = {
    {"requests/round-robin", round_robin},
    {"requests/extended-blocks", extended_blocks},
    {"requests/malformed-blocks", malformed_blocks},
    {"requests/other-commands", other_commands},
    {"requests/least-loaded", least_loaded},
    {"requests/least-service-time", least_service_time},
    {"requests/no-such-policy", no_such_policy},
    {"requests/other-processor", other_processor},
    {"requests/optimized-paths-only", optimized_paths_only},
    {"requests/removed-under-way", removed_under_way},
    {"requests/chosen-and-dropped", chosen_and_dropped},
    {"requests/strangers-number", strangers_number},
    {"requests/device-controls", device_controls},
    {"requests/block-of-a-device-control", block_of_a_device_control},
    {"requests/no-memory", no_memory},
};

}  // namespace

std::span<const Scenario> request_scenarios() {
  return kScenarios;
}

}  // namespace harness
