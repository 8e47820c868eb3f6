// What an administrator's tool does with the classes, in the tool's own words; and what a scenario
// of settings needs from the registry.
#pragma once

#include "windows/driver/wmi/guids.h"
#include "windows/driver/wmi/wire.h"
#include "windows/harness/scenario.h"

namespace harness {

namespace wire = driver::wire;

template <typename T>
T field(const std::vector<uint8_t>& bytes, size_t at) {
  T value{};
  expect(at + sizeof(value) <= bytes.size(), "an answer is long enough");
  std::memcpy(&value, bytes.data() + at, sizeof(value));
  return value;
}
template <typename T>
void append(std::vector<uint8_t>& bytes, const T& value) {
  const auto* const from = reinterpret_cast<const uint8_t*>(&value);
  bytes.insert(bytes.end(), from, from + sizeof(value));
}

// A policy with its paths, in either version.
template <typename Path>
struct PolicyOf {
  wire::Policy head{};
  std::vector<Path> paths;

  std::vector<uint8_t> bytes() const {
    std::vector<uint8_t> all;
    append(all, head);
    for (const Path& path : paths) {
      append(all, path);
    }
    return all;
  }
};
using PolicyV1 = PolicyOf<wire::Path>;
using PolicyV2 = PolicyOf<wire::PathV2>;

class Administrator {
 public:
  explicit Administrator(Mpio& mpio) : mpio_(mpio) {}
  explicit Administrator(Scene& scene) : mpio_(scene.mpio), scene_(&scene) {}

  // Asks how much it is, then for all of it. Ends the scenario if it is refused.
  std::vector<uint8_t> ask(const GUID& guid);

  PolicyV2 policy();
  PolicyV1 policy_v1();
  // What the method answers; its Status must say the same.
  NTSTATUS set(const PolicyV2& policy);
  NTSTATUS set(const PolicyV1& policy);
  NTSTATUS clear();
  // The LUN's policy as it is, but for its number and the marks of all paths.
  NTSTATUS set_policy(ULONG policy);

  wire::DefaultPolicy dsm_wide();
  NTSTATUS set_dsm_wide(ULONG policy, ULONGLONG preferred = 0);
  NTSTATUS set_target(std::u16string_view hardware_id, ULONG policy, ULONGLONG preferred = 0);

  ULONG policy_now() { return policy().head.LoadBalancePolicy; }
  // Of a scene's device.
  ULONGLONG path(unsigned port) {
    return reinterpret_cast<ULONGLONG>(mpio_.path_of(scene_->device(port)));
  }

 private:
  NTSTATUS execute(ULONG method, const std::vector<uint8_t>& in);

  Mpio& mpio_;
  Scene* scene_ = nullptr;
};

// Everything that a refusal must leave as it is.
struct Before {
  explicit Before(Scene& scene)
      : administrator(scene),
        policy(administrator.policy().bytes()),
        registry(machine().registry.all()) {}
  void must_hold(const std::string& what) {
    expect(administrator.policy().bytes() == policy, what + ": nothing in force has changed");
    expect(machine().registry.all() == registry, what + ": nothing stored has changed");
  }
  Administrator administrator;
  std::vector<uint8_t> policy;
  std::vector<std::pair<std::u16string, Registry::Value>> registry;
};
template <typename Policy>
void must_refuse(Scene& scene, const Policy& policy, NTSTATUS status, const std::string& what) {
  Before before(scene);
  expect_equal(before.administrator.set(policy), status, what);
  before.must_hold(what);
}

inline constexpr std::u16string_view kHardwareId = u"DSMKIT  EMBEDDED ARRAY  ";

// A value of the key Parameters, or below it, as an administrator writes it.
template <typename T>
void set_value(const std::u16string& path, ULONG type, T value) {
  const auto* const from = reinterpret_cast<const uint8_t*>(&value);
  machine().registry[Scene::parameters() + u"\\" + path] = {type, {from, from + sizeof(value)}};
}
// The key of the only LUN that something is stored for; "" if there is none.
std::u16string lun_key();

}  // namespace harness
