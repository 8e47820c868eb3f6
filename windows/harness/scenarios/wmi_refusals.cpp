// Policies that are refused: nothing that is in force or stored changes by that. What the
// acceptance list says of it is in acceptance_settings.cpp.
#include <algorithm>

#include "windows/harness/administrator.h"

namespace harness {
namespace {

void refusals(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(2);
  const PolicyV2 good = Administrator(scene).policy();
  const auto changed = [&good](auto change) {
    PolicyV2 policy = good;
    change(policy);
    return policy;
  };
  must_refuse(scene, changed([](PolicyV2& p) { p.head.Version = 3; }), STATUS_NOT_SUPPORTED,
              "Version 3");
  for (const ULONG policy : {8U, 255U, 256U, 258U, UINT32_MAX}) {
    must_refuse(scene, changed([policy](PolicyV2& p) { p.head.LoadBalancePolicy = policy; }),
                STATUS_INVALID_PARAMETER, "a policy that there is not");
  }
  for (const ULONG count : {3U, 0x04000000U, 0x10000000U, UINT32_MAX}) {
    must_refuse(scene, changed([count](PolicyV2& p) { p.head.DSMPathCount = count; }),
                STATUS_BUFFER_TOO_SMALL, "a list that claims more than there is");
  }
  must_refuse(scene, changed([](PolicyV2& p) { p.paths[1] = p.paths[0]; }),
              STATUS_INVALID_PARAMETER, "a path named twice");
  must_refuse(scene, changed([](PolicyV2& p) { p.paths[1].DsmPathId = 0x77040000; }),
              STATUS_INVALID_PARAMETER, "an unknown path");
  must_refuse(scene, changed([](PolicyV2& p) {
                p.head.LoadBalancePolicy = kFailOverOnly;
                p.paths[1].PrimaryPath = 0;
                p.paths[0].PreferredPath = p.paths[1].PreferredPath = 1;
              }),
              STATUS_INVALID_PARAMETER, "two preferred paths");
  must_refuse(scene, changed([](PolicyV2& p) { p.paths[0].PrimaryPath = 0; }),
              STATUS_INVALID_PARAMETER, "round robin with a path that stands by");
  must_refuse(scene, changed([](PolicyV2& p) {
                p.head.LoadBalancePolicy = kWithSubset;
                p.paths[0].PrimaryPath = p.paths[1].PrimaryPath = 0;
              }),
              STATUS_INVALID_PARAMETER, "no path that may be active");
  scene.unload();
}

void refusals_by_size(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(2);
  Before before(scene);
  const std::vector<uint8_t> whole = before.administrator.policy().bytes();
  for (size_t bytes = 0; bytes < whole.size(); ++bytes) {
    const Mpio::Reply reply = scene.mpio.execute(driver::kLoadBalanceOperations, wire::kSetPolicyV2,
                                                 base::Bytes(whole).first(bytes), sizeof(ULONG));
    expect_equal(reply.status, STATUS_BUFFER_TOO_SMALL, "a request cut short");
  }
  for (size_t room = 0; room < sizeof(ULONG); ++room) {
    const Mpio::Reply reply =
        scene.mpio.execute(driver::kLoadBalanceOperations, wire::kSetPolicyV2, whole, room);
    expect_equal(reply.status, STATUS_BUFFER_TOO_SMALL, "no room for the answer");
    expect_equal(reply.bytes, ULONG{sizeof(ULONG)}, "bytes needed");
  }
  for (const ULONG method : {0U, 3U, UINT32_MAX}) {
    expect_equal(
        scene.mpio.execute(driver::kLoadBalanceOperations, method, whole, sizeof(ULONG)).status,
        STATUS_WMI_ITEMID_NOT_FOUND, "an unknown method");
    expect_equal(scene.mpio.execute(driver::kDeviceMethods, method, {}, 0).status,
                 STATUS_WMI_ITEMID_NOT_FOUND, "an unknown method of the methods");
  }
  expect_equal(scene.mpio.execute(driver::kQueryPolicy, 1, whole, sizeof(ULONG)).status,
               STATUS_WMI_ITEMID_NOT_FOUND, "a method of a class without");
  before.must_hold("all of them");
  scene.unload();
}

// Sets a policy for several makes.
std::vector<uint8_t> targets_of(std::initializer_list<std::u16string_view> ids) {
  std::vector<uint8_t> bytes;
  append(bytes, wire::Count{static_cast<ULONG>(ids.size()), 0});
  for (const std::u16string_view id : ids) {
    wire::TargetPolicy target{
        .HardwareId = {}, .LoadBalancePolicy = kLeastQueueDepth, .Reserved = 0, .PreferredPath = 0};
    target.HardwareId.Bytes = static_cast<USHORT>(id.size() * sizeof(char16_t));
    std::copy(id.begin(), id.end(), target.HardwareId.Characters);
    append(bytes, target);
  }
  return bytes;
}

void level_refusals(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(2);
  Administrator administrator(scene);
  Before before(scene);
  for (const ULONG policy : {8U, 256U, 257U, UINT32_MAX}) {
    expect_equal(administrator.set_dsm_wide(policy), STATUS_INVALID_PARAMETER, "no such policy");
    expect_equal(administrator.set_target(kHardwareId, policy), STATUS_INVALID_PARAMETER,
                 "no such policy");
  }
  for (const std::u16string_view id :
       {u"", u"        ", u"1234567890123456789012345", u"A\\B", u"A\tB", u"\u00c4BC"}) {
    expect_equal(administrator.set_target(id, 2), STATUS_INVALID_PARAMETER, "no hardware id");
  }
  expect_equal(scene.mpio.set(driver::kTargetsDefaultPolicy, targets_of({u"DSMKIT", u"Dsmkit"})),
               STATUS_INVALID_PARAMETER, "one make twice");
  std::vector<uint8_t> in;
  append(in, wire::DefaultPolicy{2, 0, 0});
  for (size_t bytes = 0; bytes < in.size(); ++bytes) {
    expect_equal(scene.mpio.set(driver::kDefaultPolicy, base::Bytes(in).first(bytes)),
                 STATUS_BUFFER_TOO_SMALL, "cut short");
  }
  for (const ULONG count : {1U, 0x03333334U, 0x33333334U, UINT32_MAX}) {
    std::vector<uint8_t> targets;
    append(targets, wire::Count{count, 0});
    targets.resize(sizeof(wire::Count) + sizeof(wire::TargetPolicy) - 1);
    expect_equal(scene.mpio.set(driver::kTargetsDefaultPolicy, targets), STATUS_BUFFER_TOO_SMALL,
                 "more targets than there is");
  }
  std::vector<uint8_t> none;
  append(none, wire::Count{0, 0});
  expect_equal(scene.mpio.set(driver::kTargetsDefaultPolicy, none), STATUS_SUCCESS, "no targets");
  before.must_hold("all of them");
  scene.unload();
}

// Between the query and the set a path goes.
void a_path_goes_meanwhile(const std::string& driver) {
  Scene scene(driver, Scene::symmetric_array(3));
  scene.must_load();
  scene.arrive(3);
  Administrator administrator(scene);
  PolicyV2 policy = administrator.policy();
  policy.head.LoadBalancePolicy = kLeastQueueDepth;
  scene.mpio.remove(scene.device(1), true);
  must_refuse(scene, policy, STATUS_INVALID_PARAMETER, "a list with a path that has gone");
  policy.paths.erase(policy.paths.begin() + 1);
  policy.head.DSMPathCount = 2;
  expect_equal(administrator.set(policy), STATUS_SUCCESS, "the list without it");
  scene.unload();
}

constexpr Scenario kScenarios[] = {
    {"wmi/refusals", refusals},
    {"wmi/refusals-by-size-and-method", refusals_by_size},
    {"wmi/level-refusals", level_refusals},
    {"wmi/a-path-goes-meanwhile", a_path_goes_meanwhile},
};

}  // namespace

std::span<const Scenario> wmi_refusal_scenarios() {
  return kScenarios;
}

}  // namespace harness
