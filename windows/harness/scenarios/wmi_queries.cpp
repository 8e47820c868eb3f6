// What the classes tell.
#include <algorithm>

#include "windows/harness/administrator.h"

namespace harness {
namespace {

const GUID* const kClasses[] = {
    &driver::kLoadBalanceOperations,  &driver::kQueryPolicy,
    &driver::kQuerySupportedPolicies, &driver::kQueryUniqueId,
    &driver::kQueryPolicyV2,          &driver::kQuerySupportedPoliciesV2,
    &driver::kDevicePerformance,      &driver::kDeviceMethods,
    &driver::kDeviceHealth,           &driver::kSupportedDevices,
    &driver::kTargetsDefaultPolicy,   &driver::kDefaultPolicy,
};

void every_buffer(const std::string& driver) {
  Scene scene(driver, Scene::asymmetric_array());
  scene.must_load();
  scene.arrive(2);
  Administrator administrator(scene);
  expect_equal(administrator.set_target(kHardwareId, 4), STATUS_SUCCESS, "a setting");
  for (const GUID* guid : kClasses) {
    const ULONG needed = scene.mpio.query(*guid, 0).bytes;
    expect(needed >= sizeof(ULONG), "every class answers something");
    for (size_t room = 0; room < needed; ++room) {
      const Mpio::Reply reply = scene.mpio.query(*guid, room);
      expect_equal(reply.status, STATUS_BUFFER_TOO_SMALL, "a buffer that is too small");
      expect_equal(reply.bytes, needed, "bytes needed");
    }
    for (const size_t room : {size_t{needed}, size_t{needed} + 1, size_t{4096}}) {
      const Mpio::Reply reply = scene.mpio.query(*guid, room);
      expect_equal(reply.status, STATUS_SUCCESS, "a buffer that is large enough");
      expect_equal(reply.bytes, needed, "bytes of the answer");
    }
  }
  scene.unload();
}

void what_is_not_there(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(1);
  for (const bool global : {false, true}) {
    const ULONG classes = global ? 3 : 9;
    for (const ULONG index : {classes, classes + 1, ULONG{UINT32_MAX}}) {
      expect_equal(scene.mpio.query_at(global, index, 64).status, STATUS_WMI_GUID_NOT_FOUND,
                   "a query of an unknown class");
      expect_equal(scene.mpio.set_at(global, index, {}), STATUS_WMI_GUID_NOT_FOUND,
                   "a set of an unknown class");
    }
    for (ULONG index = 0; index < classes; ++index) {
      expect_equal(scene.mpio.query_at(global, index, 64, 1).status, STATUS_WMI_INSTANCE_NOT_FOUND,
                   "a second instance");
    }
  }
  for (ULONG index = 0; index < 9; ++index) {
    expect_equal(scene.mpio.set_at(false, index, {}), STATUS_WMI_READ_ONLY,
                 "a set of a LUN's data");
  }
  expect_equal(scene.mpio.set(driver::kSupportedDevices, {}), STATUS_WMI_READ_ONLY,
               "a set of the list of devices");
  scene.mpio.remove(scene.device(0), true);
  for (ULONG index = 0; index < 9; ++index) {
    expect_equal(scene.mpio.query_at(false, index, 64).status, STATUS_INVALID_PARAMETER,
                 "a query without devices");
  }
  scene.unload();
}

void policy_of_a_symmetric_lun(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(2);
  Administrator administrator(scene);
  const PolicyV2 now = administrator.policy();
  expect_equal(now.head.Version, 2U, "Version");
  expect_equal(now.head.LoadBalancePolicy, 2U, "round robin");
  expect_equal(now.paths.size(), size_t{2}, "paths");
  for (unsigned port = 0; port < 2; ++port) {
    const wire::PathV2& path = now.paths[port];
    expect_equal(path.DsmPathId, administrator.path(port), "DsmPathId");
    expect_equal(path.PrimaryPath * 10 + path.OptimizedPath, 11U, "both marks");
    expect_equal(path.FailedPath + path.PreferredPath, 0U, "neither failed nor preferred");
    expect_equal(path.TargetPortGroup_State, wire::kNoGroupState, "no group");
    expect_equal(path.ALUASupport, 0U, "no ALUA");
    expect_equal(unsigned{path.SymmetricLUA}, 1U, "symmetric");
    expect_equal(path.Reserved, wire::kMayStandBy, "it can stand by");
  }
  const PolicyV1 first = administrator.policy_v1();
  expect_equal(first.head.Version, 1U, "Version of the first version");
  expect_equal(first.paths[1].DsmPathId, now.paths[1].DsmPathId, "DsmPathId in it");
  expect_equal(first.paths[1].PrimaryPath, 1U, "PrimaryPath in it");
  scene.unload();
}

void policy_of_an_asymmetric_lun(const std::string& driver) {
  Scene scene(driver, Scene::asymmetric_array());
  scene.must_load();
  scene.arrive(2);
  const PolicyV2 now = Administrator(scene).policy();
  expect_equal(now.head.LoadBalancePolicy, 3U, "round robin with subset for round robin");
  expect_equal(now.paths[0].TargetPortGroup_State, 0U, "state of the first group");
  expect_equal(now.paths[1].TargetPortGroup_State, 1U, "state of the second group");
  expect_equal(now.paths[1].PrimaryPath * 10 + now.paths[1].OptimizedPath, 10U, "its marks");
  expect_equal(unsigned{now.paths[0].TargetPortGroup_Identifier}, 1U, "group of the first");
  expect_equal(unsigned{now.paths[1].TargetPortGroup_Identifier}, 2U, "group of the second");
  expect_equal(now.paths[1].ALUASupport, 3U, "implicit and explicit");
  expect_equal(unsigned{now.paths[1].SymmetricLUA}, 0U, "not symmetric");
  expect((now.paths[1].Reserved & wire::kMayBeNonoptimized) != 0, "the group may be nonoptimized");
  scene.unload();
}

std::vector<ULONG> offered(Scene& scene, const GUID& guid, ULONG version) {
  const std::vector<uint8_t> bytes = Administrator(scene).ask(guid);
  std::vector<ULONG> list;
  for (ULONG i = 0; i < field<wire::Count>(bytes, 0).Number; ++i) {
    const auto policy = field<wire::Policy>(bytes, sizeof(wire::Count) + i * sizeof(wire::Policy));
    expect_equal(policy.Version, version, "Version of an offered policy");
    expect_equal(policy.DSMPathCount, 0U, "paths of an offered policy");
    list.push_back(policy.LoadBalancePolicy);
  }
  return list;
}

void offered_policies(const std::string& driver) {
  for (const bool symmetric : {true, false}) {
    Scene scene(driver, symmetric ? Scene::symmetric_array() : Scene::asymmetric_array());
    scene.must_load();
    scene.arrive(2);
    const std::vector<ULONG> first =
        offered(scene, driver::kQuerySupportedPolicies, wire::kVersion1);
    const std::vector<ULONG> second =
        offered(scene, driver::kQuerySupportedPoliciesV2, wire::kVersion2);
    expect(first == (symmetric ? std::vector<ULONG>{1, 2, 3, 4, 5, 6}
                               : std::vector<ULONG>{1, 3, 4, 5, 6}),
           "policies of the first version");
    expect(second == (symmetric ? std::vector<ULONG>{1, 2, 3, 4, 5, 6, 7}
                                : std::vector<ULONG>{1, 3, 4, 5, 6, 7}),
           "policies of the second version");
    scene.unload();
  }
}

void unique_id(const std::string& driver) {
  Scene scene(driver);
  ULONGLONG ids[2] = {};
  for (ULONGLONG& id : ids) {
    scene.must_load();
    scene.arrive(1);
    id = field<wire::UniqueId>(Administrator(scene).ask(driver::kQueryUniqueId), 0).DsmUniqueId;
    scene.unload();
  }
  expect(ids[0] != 0 && ids[0] == ids[1], "the same id after every start");
  // As the kernel names the service when it starts from another control set.
  const std::u16string other = u"\\Registry\\Machine\\System\\ControlSet002\\services\\MyDsm";
  const std::u16string list = u"\\DsmSupportedDeviceList";
  machine().registry[other + u"\\Parameters" + list] =
      *machine().registry.find(Scene::parameters() + list);
  expect_equal(scene.load(other), STATUS_SUCCESS, "DriverEntry from another control set");
  scene.arrive(1);
  expect_equal(
      field<wire::UniqueId>(Administrator(scene).ask(driver::kQueryUniqueId), 0).DsmUniqueId,
      ids[0], "the id from another control set");
  scene.unload();
  expect(ids[0] != reinterpret_cast<ULONGLONG>(scene.mpio.dsm().DsmContext), "it is no address");
}

wire::PathPerformance carried(Scene& scene, unsigned port) {
  const std::vector<uint8_t> bytes = Administrator(scene).ask(driver::kDevicePerformance);
  return field<wire::PathPerformance>(bytes,
                                      sizeof(wire::Count) + port * sizeof(wire::PathPerformance));
}

wire::PathHealth health(Scene& scene, unsigned port) {
  const std::vector<uint8_t> bytes = Administrator(scene).ask(driver::kDeviceHealth);
  return field<wire::PathHealth>(bytes, sizeof(wire::Count) + port * sizeof(wire::PathHealth));
}

void counters(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(2);
  Administrator administrator(scene);
  Request request;
  for (int i = 0; i < 6; ++i) {
    scene.mpio.read(request, 0, 8);
    scene.mpio.run(request);
    scene.mpio.write(request, 0, 2, 1);
    scene.mpio.run(request);
  }
  ULONGLONG read = 0;
  ULONGLONG written = 0;
  ULONG commands = 0;
  for (unsigned port = 0; port < 2; ++port) {
    const wire::PathPerformance path = carried(scene, port);
    expect_equal(path.PathId, administrator.path(port), "PathId");
    read += path.BytesRead;
    written += path.BytesWritten;
    commands += path.NumberReads + path.NumberWrites;
  }
  expect_equal(read, 6ULL * 8 * 512, "bytes read");
  expect_equal(written, 6ULL * 2 * 512, "bytes written");
  expect_equal(commands, 12U, "reads and writes");
  const Mpio::Reply cleared =
      scene.mpio.execute(driver::kDeviceMethods, wire::kClearCounters, {}, 0);
  expect_equal(cleared.status, STATUS_SUCCESS, "clearing");
  expect_equal(cleared.bytes, 0U, "bytes of its answer");
  for (unsigned port = 0; port < 2; ++port) {
    const wire::PathPerformance path = carried(scene, port);
    expect_equal(path.BytesRead + path.BytesWritten + path.NumberReads + path.NumberWrites, 0ULL,
                 "counters after clearing");
  }
  scene.unload();
}

void statistics_off(const std::string& driver) {
  Scene scene(driver);
  set_value(u"DsmDisableStatistics", REG_DWORD, uint32_t{1});
  scene.must_load();
  scene.arrive(1);
  Request request;
  scene.mpio.read(request, 0, 8);
  scene.mpio.run(request);
  expect_equal(carried(scene, 0).BytesRead, 0ULL, "bytes counted with statistics off");
  scene.unload();
}

// Of one command in eight, whichever path each goes to.
void latency_of_paths(const std::string& driver) {
  constexpr unsigned kReads = 640;
  constexpr uint64_t kLatencyNs[] = {1'000'000, 3'000'000};
  Scene scene(driver);
  scene.must_load();
  scene.arrive(2);
  for (unsigned port = 0; port < 2; ++port) {
    scene.device(port).set_latency(kLatencyNs[port]);
  }
  for (unsigned i = 0; i < kReads; ++i) {
    Request request;
    scene.mpio.read(request, 0, 1);
    scene.mpio.run(request);
  }
  for (unsigned port = 0; port < 2; ++port) {
    const wire::PathHealth shown = health(scene, port);
    expect(shown.LatencyCount >= kReads / 2 / 16 && shown.LatencyCount <= kReads / 2 / 4,
           "one in eight is timed: " + std::to_string(shown.LatencyCount) + " of 320");
    expect_equal(shown.LatencyTotalNs / shown.LatencyCount, ULONGLONG{kLatencyNs[port]},
                 "the mean latency of path " + std::to_string(port));
  }
  scene.unload();
}

void health_of_paths(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(2);
  expect_equal(health(scene, 0).Grade, wire::kGradeGood, "grade");
  scene.device(0).unplug(true);
  Request request;
  for (int i = 0; i < 4; ++i) {
    scene.mpio.read(request, 0, 1);
    scene.mpio.run(request);
    expect_equal(request.status, STATUS_SUCCESS, "a read");
  }
  const wire::PathHealth lost = health(scene, 0);
  expect_equal(lost.Grade, wire::kGradeDown, "grade of the path that was lost");
  expect_equal(lost.Failovers, 1ULL, "failovers");
  expect_equal(lost.RequestsRetried, 1ULL, "requests that were sent again elsewhere");
  expect_equal(lost.PathErrors, 1ULL, "errors");
  expect_equal(health(scene, 1).Grade, wire::kGradeGood, "grade of the other");
  expect_equal(scene.mpio.execute(driver::kDeviceMethods, wire::kClearCounters, {}, 0).status,
               STATUS_SUCCESS, "clearing");
  const wire::PathHealth cleared = health(scene, 0);
  expect_equal(cleared.Failovers + cleared.RequestsRetried + cleared.PathErrors, 0ULL,
               "what clearing leaves");
  scene.unload();
}

std::vector<std::u16string> listed_devices(Scene& scene) {
  const std::vector<uint8_t> bytes = Administrator(scene).ask(driver::kSupportedDevices);
  std::vector<std::u16string> list;
  for (ULONG i = 0; i < field<wire::Count>(bytes, 0).Number; ++i) {
    const auto text = field<wire::Text>(bytes, sizeof(wire::Count) + i * sizeof(wire::Text));
    list.emplace_back(text.Characters, text.Bytes / sizeof(char16_t));
  }
  return list;
}

// The list with an entry of 40 characters and lower case: what is shown, and what is claimed.
void supported_devices(const std::string& driver) {
  Scene scene(driver);
  const std::u16string forty(40, u'X');
  scene.support({forty, u"other", u"DSMKIT  EMBEDDED ARRAY XY"});
  scene.must_load();
  expect(listed_devices(scene) == std::vector<std::u16string>{forty.substr(0, 31), u"other",
                                                              u"DSMKIT  EMBEDDED ARRAY XY"},
         "the list as it is, at most 31 characters of each entry");
  expect(!scene.mpio.arrive(scene.device(0)), "none of them is a true prefix");
  scene.support({forty, u"dsmkit  embedded"});
  expect(scene.mpio.arrive(scene.device(0)), "a true prefix in lower case");
  scene.support({});
  expect(listed_devices(scene).empty(), "an empty list");
  scene.unload();
}

constexpr Scenario kScenarios[] = {
    {"wmi/every-class-and-buffer", every_buffer},
    {"wmi/what-is-not-there", what_is_not_there},
    {"wmi/policy-of-a-symmetric-lun", policy_of_a_symmetric_lun},
    {"wmi/policy-of-an-asymmetric-lun", policy_of_an_asymmetric_lun},
    {"wmi/offered-policies", offered_policies},
    {"wmi/unique-id", unique_id},
    {"wmi/counters", counters},
    {"wmi/statistics-off", statistics_off},
    {"wmi/health-of-paths", health_of_paths},
    {"wmi/latency-of-paths", latency_of_paths},
    {"wmi/supported-devices", supported_devices},
};

}  // namespace

std::span<const Scenario> wmi_query_scenarios() {
  return kScenarios;
}

}  // namespace harness
