// Acceptance: paths, policies and what is left, at the boundary of request blocks. The numbers are
// those of dsm/acceptance, which has the same list for the DSM itself.
#include <algorithm>
#include <array>

#include "windows/driver/pool.h"
#include "windows/harness/scenario.h"

namespace harness {
namespace {

using driver::kDeviceTag;
using driver::kPathTag;

void must_read(Scene& scene, Request& request) {
  scene.mpio.read(request, 0, 1);
  scene.mpio.run(request);
  expect_equal(request.status, STATUS_SUCCESS, "a read");
}

unsigned number_of(Scene& scene, const Request& request) {
  unsigned device = 0;
  while (request.device != &scene.device(device)) {
    ++device;
  }
  return device + 1;
}

std::string next_reads(Scene& scene, unsigned count) {
  std::string text;
  Request request;
  for (unsigned i = 0; i < count; ++i) {
    must_read(scene, request);
    text += std::to_string(number_of(scene, request));
  }
  return text;
}
void expect_reads(Scene& scene, const std::string& expected, const std::string& what) {
  const std::string are = next_reads(scene, static_cast<unsigned>(expected.size()));
  expect(are == expected, what + ": are on " + are + ", expected " + expected);
}

void two_paths_alternate(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(2);
  expect_reads(scene, "1212", "two paths without ALUA");
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
  const unsigned before = scene.device(0).requests();
  next_reads(scene, 10);
  expect_equal(scene.device(0).requests() - before, 5U, "reads down the path that is back");
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
  constexpr uint64_t kSlowNs = 1'000'000'000;
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
    expect_equal(number_of(scene, slow[i + 2]), i + 1, "the empty queue");
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

void least_blocks(const std::string& driver) {
  constexpr uint32_t kBlocks = 512;  // 256 KiB
  constexpr uint64_t kSlowNs = 1'000'000'000;
  for (const bool reads : {false, true}) {
    Scene scene(driver);
    scene.set_policy(kLeastBlocks);
    scene.must_load();
    scene.arrive(2);
    scene.device(0).set_latency(kSlowNs);
    scene.device(1).set_latency(kSlowNs);
    std::array<Request, 9> requests;
    std::string are;
    for (uint64_t i = 0; i < 8; ++i) {
      if (reads) {
        scene.mpio.read(requests[i], i * kBlocks, kBlocks);
      } else {
        scene.mpio.write(requests[i], i * kBlocks, kBlocks, 0x5a);
      }
      are += std::to_string(number_of(scene, requests[i]));
    }
    expect(are == "11112222" || are == "22221111", "1 MiB stays on a path: requests are on " + are);
    for (size_t i = 0; i < 8; ++i) {
      scene.mpio.run(requests[i]);
    }
    // Where the stream was last, as long as it goes on; elsewhere is a seek.
    scene.mpio.read(requests[0], 8 * kBlocks, 8);
    expect_equal(number_of(scene, requests[0]), static_cast<unsigned>(are.back() - '0'),
                 "the path of what goes on where the last one ended");
    scene.mpio.read(requests[1], 20'000, 8);
    expect(number_of(scene, requests[1]) != number_of(scene, requests[0]),
           "a forward seek goes to the path with less under way");
    for (size_t i = 0; i < 2; ++i) {
      scene.mpio.run(requests[i]);
    }
    scene.unload();
  }
}

// Plug and play took every device of the path first; then MPIO says that the path has failed.
void removed_before_invalidated(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(2);
  const PVOID lost = scene.mpio.path_of(scene.device(0));
  const PVOID other = scene.mpio.path_of(scene.device(1));
  scene.mpio.remove_device_only(scene.device(0), false);
  PVOID successor = nullptr;
  expect_equal(scene.mpio.invalidate(lost, successor), STATUS_SUCCESS, "InvalidatePath");
  expect(successor == other, "the LUN's other path is the successor");
  scene.mpio.remove_path(lost);
  expect_equal(scene.mpio.invalidate(lost, successor), STATUS_NO_SUCH_DEVICE,
               "InvalidatePath of a path that is gone");
  scene.unload();
}

void removed_with_requests(const std::string& driver) {
  constexpr uint64_t kStepNs = 10'000'000;
  Scene scene(driver);
  scene.must_load();
  scene.arrive(1);
  std::array<Request, 3> requests;
  for (uint64_t i = 0; i < requests.size(); ++i) {
    scene.device(0).set_latency((i + 1) * kStepNs);
    scene.mpio.read(requests[i], 0, 1);
  }
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

// The administrator's choice, by MPIO: the other path becomes the active one, none is failed.
void move(const std::string& driver) {
  for (const bool symmetric : {true, false}) {
    Scene scene(driver, symmetric ? Scene::symmetric_array() : Scene::asymmetric_array());
    scene.set_policy(kFailOverOnly);
    scene.must_load();
    scene.arrive(2);
    expect_reads(scene, "11", "before");
    expect(scene.mpio.move_to(scene.device(1)), "MoveDevice");
    expect_reads(scene, "22", "the path moved to");
    constexpr ULONG kAdminRequest = 0x80000000;
    int nobody = 0;
    expect_equal(scene.mpio.move_to_path(&nobody, kAdminRequest), STATUS_INVALID_PARAMETER,
                 "MoveDevice to a path that nobody knows");
    expect_reads(scene, "22", "afterwards");
    scene.device(1).unplug(true);
    expect_reads(scene, "11", "the former path has not failed");
    scene.unload();
  }
}

// Capacity: 32 paths of a LUN; one more is refused and leaves nothing behind.
void thirty_third_path(const std::string& driver) {
  constexpr unsigned kPaths = 32;
  Scene scene(driver, Scene::symmetric_array(kPaths + 1));
  scene.must_load();
  scene.arrive(kPaths);
  const std::string before = machine().pool.leaks();
  expect(!scene.mpio.arrive(scene.device(kPaths)), "the 33rd path is refused");
  expect(machine().pool.leaks() == before, "nothing is left of it");
  scene.mpio.remove(scene.device(7), true);
  expect(scene.mpio.arrive(scene.device(kPaths)), "with a path less there is room");
  scene.unload();
}

void unload_with_devices(const std::string& driver) {
  Scene scene(driver, Scene::asymmetric_array());
  scene.must_load();
  scene.arrive(2);
  scene.unload();
}

constexpr Scenario kScenarios[] = {
    {"acceptance/01_two-paths-alternate", two_paths_alternate},
    {"acceptance/02_path-fails-and-returns", path_fails_and_returns},
    {"acceptance/07_next-in-order", next_in_order},
    {"acceptance/08_least-queue-depth", least_queue_depth},
    {"acceptance/10_least-blocks", least_blocks},
    {"acceptance/25_removed-before-invalidated", removed_before_invalidated},
    {"acceptance/26_removed-with-requests", removed_with_requests},
    {"acceptance/33_move", move},
    {"acceptance/34_thirty-third-path", thirty_third_path},
    {"acceptance/35_unload-with-devices", unload_with_devices},
};

}  // namespace

std::span<const Scenario> acceptance_path_scenarios() {
  return kScenarios;
}

}  // namespace harness
