// Requests that no tool would make: bytes changed at random, and any bytes. Whatever is answered,
// nothing is written outside a buffer, nothing is left behind, and the LUN goes on.
#include "base/prng.h"
#include "windows/harness/administrator.h"

namespace harness {
namespace {

constexpr int kRounds = 100'000;

std::vector<uint8_t> mutated(std::vector<uint8_t> bytes, base::Prng& random) {
  switch (random.below(8)) {
    case 0:
      bytes.resize(random.below(200));
      for (uint8_t& byte : bytes) {
        byte = static_cast<uint8_t>(random.next());
      }
      return bytes;
    case 1:
      bytes.resize(random.below(bytes.size() + 1));
      return bytes;
    default:
      break;
  }
  for (uint64_t changes = random.below(4); changes != 0 && !bytes.empty(); --changes) {
    const size_t at = random.below(bytes.size());
    // Small numbers are what most fields take.
    bytes[at] = static_cast<uint8_t>(random.below(2) == 0 ? random.below(10) : random.next());
  }
  return bytes;
}

std::vector<uint8_t> good_targets() {
  std::vector<uint8_t> bytes;
  append(bytes, wire::Count{2, 0});
  for (const std::u16string_view id : {kHardwareId, std::u16string_view(u"DSMKIT")}) {
    wire::TargetPolicy target{};
    target.HardwareId.Bytes = static_cast<USHORT>(id.size() * sizeof(char16_t));
    std::copy(id.begin(), id.end(), target.HardwareId.Characters);
    target.LoadBalancePolicy = 4;
    append(bytes, target);
  }
  return bytes;
}

void play(const std::string& driver, const array::Config& config, uint64_t seed) {
  Scene scene(driver, config);
  scene.must_load();
  scene.arrive(2);
  Administrator administrator(scene);
  base::Prng random(seed);
  std::vector<uint8_t> level;
  append(level, wire::DefaultPolicy{1, 0, administrator.path(1)});
  for (int round = 0; round < kRounds / 2; ++round) {
    switch (random.below(4)) {
      case 0:
        scene.mpio.set(driver::kDefaultPolicy, mutated(level, random));
        break;
      case 1:
        scene.mpio.set(driver::kTargetsDefaultPolicy, mutated(good_targets(), random));
        break;
      case 2:
        scene.mpio.execute(driver::kLoadBalanceOperations, wire::kSetPolicyV2,
                           mutated(administrator.policy().bytes(), random), random.below(8));
        break;
      default:
        scene.mpio.execute(driver::kLoadBalanceOperations, wire::kSetPolicy,
                           mutated(administrator.policy_v1().bytes(), random), random.below(8));
        break;
    }
    if (round % 5000 == 0) {
      // Hardware ids at random fill the list.
      machine().registry.remove_tree(Scene::parameters() + u"\\DsmTargetsLoadBalanceSetting");
      Request request;
      scene.mpio.read(request, 0, 1);
      scene.mpio.run(request);
      expect_equal(request.status, STATUS_SUCCESS, "a read meanwhile");
    }
  }
  const std::vector<uint8_t> now = administrator.policy().bytes();
  scene.unload();
  scene.must_load();
  scene.arrive(2);
  if (config.symmetric) {
    expect(administrator.policy().bytes() == now, "what is in force at last is stored");
  }
  scene.unload();
}

void any_bytes_symmetric(const std::string& driver) {
  play(driver, Scene::symmetric_array(), 1);
}
void any_bytes_asymmetric(const std::string& driver) {
  play(driver, Scene::asymmetric_array(), 2);
}

constexpr Scenario kScenarios[] = {
    {"wmi/any-bytes-symmetric", any_bytes_symmetric},
    {"wmi/any-bytes-asymmetric", any_bytes_asymmetric},
};

}  // namespace

std::span<const Scenario> wmi_request_scenarios() {
  return kScenarios;
}

}  // namespace harness
