// Settings in the registry: what an administrator writes there is in force when a device arrives,
// and what the driver stores has the layout that is documented.
#include <algorithm>

#include "windows/harness/administrator.h"
#include "windows/harness/scenarios/stored.h"

namespace harness {
namespace {

const std::u16string kPolicyValue = u"DsmLoadBalancePolicy";

void by_hand(const std::string& driver) {
  Scene scene(driver);
  set_value(kPolicyValue, REG_DWORD, uint32_t{6});
  expect_equal(policy_at_arrival(scene), 6U, "for all");
  set_value(u"DsmTargetsLoadBalanceSetting\\dsmkit  embedded array  \\" + kPolicyValue, REG_DWORD,
            uint32_t{4});
  expect_equal(policy_at_arrival(scene), 4U, "for the make");
  set_value(u"DsmTargetsLoadBalanceSetting\\DSMKIT\\" + kPolicyValue, REG_DWORD, uint32_t{5});
  expect_equal(policy_at_arrival(scene), 4U, "the longest that matches decides");
  expect(machine().messages.empty(), "nothing is wrong with that");
}

// Looking makes nothing: neither a key nor a value.
void reading_writes_nothing(const std::string& driver) {
  Scene scene(driver);
  const auto before = machine().registry.all();
  scene.must_load();
  scene.arrive(2);
  Administrator administrator(scene);
  administrator.policy();
  administrator.dsm_wide();
  administrator.ask(driver::kTargetsDefaultPolicy);
  scene.unload();
  expect(machine().registry.all() == before, "the registry is as it was");
  expect_equal(machine().registry.writes(), size_t{0}, "writes");
}

template <typename T>
void expect_stored(const std::u16string& path, ULONG type, T value, const std::string& what) {
  const Registry::Value* const found = machine().registry.find(path);
  expect(found != nullptr, what + " is stored");
  expect_equal(found->type, uint32_t{type}, what + ": type");
  expect_equal(found->bytes.size(), sizeof(value), what + ": bytes");
  expect(std::memcmp(found->bytes.data(), &value, sizeof(value)) == 0, what + ": value");
}

void layout(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(2);
  Administrator administrator(scene);
  PolicyV2 policy = administrator.policy();
  policy.head.LoadBalancePolicy = 1;
  policy.paths[0].PrimaryPath = 0;
  policy.paths[1].PreferredPath = 1;
  expect_equal(administrator.set(policy), STATUS_SUCCESS, "fail over only");
  const std::u16string key = lun_key();
  expect(key.find(u"\\NAA.") != std::u16string::npos, "the LUN's key is its identity");
  expect_stored(key + u"\\DsmLoadBalancePolicy", REG_DWORD, uint32_t{1}, "policy");
  expect_stored(key + u"\\DsmLoadBalancePolicyExplicitlySet", REG_BINARY, uint8_t{1}, "mark");
  expect(machine().registry.find(key + u"\\DsmPendingSettings") == nullptr, "nothing is pending");
  expect_equal(path_keys().size(), size_t{2}, "keys of paths");
  unsigned standby = 0;
  for (const std::u16string& path : path_keys()) {
    expect_equal(path.size() - path.rfind(u'#') - 1, size_t{16}, "digits of a path");
    const Registry::Value* const primary = machine().registry.find(path + u"\\DsmPrimaryPath");
    expect(primary != nullptr && primary->type == REG_DWORD, "DsmPrimaryPath");
    standby += primary->bytes[0] == 0 ? 1 : 0;
    expect_stored(path + u"\\DsmOptimizedPath", REG_DWORD, uint32_t{1}, "DsmOptimizedPath");
    expect(machine().registry.find(path + u"\\DsmPathWeight") == nullptr, "no weight");
  }
  expect_equal(standby, 1U, "paths that stand by");
  expect_equal(administrator.clear(), STATUS_SUCCESS, "clearing");
  expect(lun_key().empty(), "nothing is left of it");
  scene.unload();
}

// Of paths that are not there now the settings stay.
void absent_paths(const std::string& driver) {
  Scene scene(driver, Scene::symmetric_array(3));
  scene.must_load();
  scene.arrive(3);
  Administrator administrator(scene);
  PolicyV2 policy = administrator.policy();
  policy.head.LoadBalancePolicy = 5;
  for (unsigned i = 0; i < 3; ++i) {
    policy.paths[i].PathWeight = 10 + i;
  }
  expect_equal(administrator.set(policy), STATUS_SUCCESS, "weights of three paths");
  scene.mpio.remove(scene.device(2), true);
  expect_equal(administrator.set_policy(4), STATUS_SUCCESS, "another policy meanwhile");
  expect_equal(administrator.set_policy(5), STATUS_SUCCESS, "and the first again");
  expect(scene.mpio.arrive(scene.device(2)), "the third path is back");
  for (unsigned i = 0; i < 3; ++i) {
    expect_equal(administrator.policy().paths[i].PathWeight, 10 + i, "weight");
  }
  scene.unload();
}

// Names of paths come from the target's ports: the adapter's place may change. Where something is
// stored by MPIO's number, as an administrator may write it, it holds.
void names_of_paths(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(2);
  Administrator administrator(scene);
  PolicyV2 policy = administrator.policy();
  policy.head.LoadBalancePolicy = 5;
  policy.paths[0].PathWeight = 7;
  expect_equal(administrator.set(policy), STATUS_SUCCESS, "weights");
  expect_equal(path_keys().size(), size_t{1}, "keys of paths with a weight");
  const std::u16string name = path_keys()[0].substr(path_keys()[0].rfind(u'#') + 1);
  expect(name.substr(8) != u"00000000", "the name is no number of MPIO's");
  // The number of the second path, lowest byte first.
  expect_equal(administrator.path(1), 0x77030000ULL, "DsmPathId of the second path");
  const auto by_number = lun_key() + u"\\DSMPath#0000037700000000\\DsmPathWeight";
  machine().registry[by_number] = {REG_DWORD, {5, 0, 0, 0}};
  scene.unload();
  scene.must_load();
  scene.arrive(2);
  expect_equal(administrator.policy().paths[0].PathWeight, 7U, "weight by name");
  expect_equal(administrator.policy().paths[1].PathWeight, 5U, "weight by number");
  expect_equal(administrator.set(administrator.policy()), STATUS_SUCCESS, "set again");
  expect(machine().registry.find(by_number) == nullptr, "it is stored by name from then on");
  expect_equal(path_keys().size(), size_t{2}, "keys of paths then");
  scene.unload();
}

constexpr Scenario kScenarios[] = {
    {"settings/by-hand", by_hand},
    {"settings/reading-writes-nothing", reading_writes_nothing},
    {"settings/layout", layout},
    {"settings/absent-paths", absent_paths},
    {"settings/names-of-paths", names_of_paths},
};

}  // namespace

std::span<const Scenario> settings_scenarios() {
  return kScenarios;
}

}  // namespace harness
