// Acceptance: least blocks, at the boundary of request blocks. The number is that of
// dsm/acceptance, which has the same list for the DSM itself.
#include <array>

#include "windows/harness/scenarios/observe.h"

namespace harness {
namespace {

constexpr uint64_t kSlowNs = 1'000'000'000;
constexpr uint32_t kBlocks = 512;  // 256 KiB

void transfer(Scene& scene, Request& request, bool reads, uint64_t lba, uint32_t blocks) {
  if (reads) {
    scene.mpio.read(request, lba, blocks);
  } else {
    scene.mpio.write(request, lba, blocks, 0x5a);
  }
}

// 10: 1 MiB of what goes on where the last one ended stays on a path, reads as well as writes.
void sequential(const std::string& driver) {
  for (const bool reads : {false, true}) {
    Scene scene(driver);
    scene.set_policy(kLeastBlocks);
    scene.must_load();
    scene.arrive(2);
    scene.device(0).set_latency(kSlowNs);
    scene.device(1).set_latency(kSlowNs);
    std::array<Request, 8> requests;
    std::string are;
    for (uint64_t i = 0; i < 8; ++i) {
      transfer(scene, requests[i], reads, i * kBlocks, kBlocks);
      are += std::to_string(number_of(requests[i]));
    }
    expect(are == "11112222" || are == "22221111", "1 MiB stays on a path: requests are on " + are);
    for (Request& request : requests) {
      scene.mpio.run(request);
    }
    // Where the stream was last, as long as it goes on; elsewhere is a seek.
    transfer(scene, requests[0], reads, 8 * kBlocks, 8);
    expect_equal(number_of(requests[0]), static_cast<unsigned>(are.back() - '0'),
                 "the path of what goes on where the last one ended");
    transfer(scene, requests[1], reads, 20'000, 8);
    expect(number_of(requests[1]) != number_of(requests[0]),
           "a forward seek goes to the path with less under way");
    for (size_t i = 0; i < 2; ++i) {
      scene.mpio.run(requests[i]);
    }
    scene.unload();
  }
}

// When the cap is reached: the path with the least data of all, and 1 MiB is not more than 1 MiB.
void least_loaded(const std::string& driver) {
  constexpr uint64_t kElsewhere = 20'000;
  for (const bool reads : {false, true}) {
    Scene scene(driver, Scene::symmetric_array(3));
    scene.set_policy(kLeastBlocks);
    scene.must_load();
    scene.arrive(3);
    for (unsigned port = 0; port < 3; ++port) {
      scene.device(port).set_latency(kSlowNs);
    }
    std::array<Request, 4> requests;
    constexpr uint32_t kFirst = 600;  // 300 KiB
    transfer(scene, requests[0], reads, kElsewhere, 2 * kBlocks);
    transfer(scene, requests[1], reads, 0, kFirst);
    transfer(scene, requests[2], reads, kElsewhere + 2 * kBlocks, 2 * kBlocks);
    transfer(scene, requests[3], reads, kFirst, 3 * kBlocks);
    std::string are;
    for (Request& request : requests) {
      are += std::to_string(number_of(request));
    }
    // 300 and 768 KiB are more than the cap, and the third path has nothing.
    expect_text(are, "1213", "the paths of two streams");
    for (Request& request : requests) {
      scene.mpio.run(request);
    }
    scene.unload();
  }
}

// What is sequential, each LUN says for itself, though their paths are the same.
void another_lun(const std::string& driver) {
  for (const bool reads : {false, true}) {
    array::Config config = Scene::symmetric_array();
    config.luns.push_back(config.luns.front());
    Scene scene(driver, config);
    scene.set_policy(kLeastBlocks);
    scene.must_load();
    scene.arrive(2);
    for (unsigned port = 0; port < 2; ++port) {
      ScsiDevice& other = scene.add_device(port, 1);
      expect(scene.mpio.arrive(other), "the other LUN down port " + std::to_string(port));
      other.set_latency(kSlowNs);
      scene.device(port).set_latency(kSlowNs);
    }
    std::array<Request, 8> ours;
    std::array<Request, 8> theirs;
    std::string are;
    std::string their_are;
    for (uint64_t i = 0; i < 8; ++i) {
      transfer(scene, ours[i], reads, i * kBlocks, kBlocks);
      are += std::to_string(number_of(ours[i]));
      theirs[i].disk = 1;
      // In between, where ours ended and somewhere else in turns.
      transfer(scene, theirs[i], reads, i % 2 == 0 ? (i + 1) * kBlocks : 20'000, 8);
      their_are += std::to_string(number_of(theirs[i]));
    }
    expect(are == "11112222" || are == "22221111", "the stream of a LUN: requests are on " + are);
    expect(their_are.find("11") == std::string::npos && their_are.find("22") == std::string::npos,
           "seeks of the other: requests are on " + their_are);
    for (size_t i = 0; i < 8; ++i) {
      scene.mpio.run(ours[i]);
      scene.mpio.run(theirs[i]);
    }
    scene.unload();
  }
}

constexpr Scenario kScenarios[] = {
    {"acceptance/10_sequential", sequential},
    {"acceptance/10_least-loaded", least_loaded},
    {"acceptance/10_another-lun", another_lun},
};

}  // namespace

std::span<const Scenario> acceptance_least_blocks_scenarios() {
  return kScenarios;
}

}  // namespace harness
