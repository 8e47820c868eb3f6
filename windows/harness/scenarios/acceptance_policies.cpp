// Acceptance: which path each policy takes, at the boundary of request blocks. The numbers are
// those of dsm/acceptance, which has the same list for the DSM itself.
#include <algorithm>
#include <array>

#include "windows/harness/administrator.h"
#include "windows/harness/scenarios/observe.h"

namespace harness {
namespace {

constexpr uint64_t kSlowNs = 1'000'000'000;

// 6: a path that stands by carries reads when all of the subset have failed, and no longer.
void subset(const std::string& driver) {
  Scene scene(driver, Scene::symmetric_array(4));
  scene.must_load();
  scene.arrive(4);
  Administrator(scene).must_set_primary(kWithSubset, "1100");
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

constexpr Scenario kScenarios[] = {
    {"acceptance/06_subset", subset},
    {"acceptance/07_next-in-order", next_in_order},
    {"acceptance/08_least-queue-depth", least_queue_depth},
    {"acceptance/09_weights", weights},
};

}  // namespace

std::span<const Scenario> acceptance_policy_scenarios() {
  return kScenarios;
}

}  // namespace harness
