// Acceptance: access states, at the boundary of request blocks. The numbers are those of
// dsm/acceptance, which has the same list for the DSM itself.
#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "scsi/opcodes.h"
#include "windows/harness/scenario.h"

namespace harness {
namespace {

using scsi::AccessState;

void must_read(Scene& scene, Request& request) {
  scene.mpio.read(request, 0, 1);
  scene.mpio.run(request);
  expect_equal(request.status, STATUS_SUCCESS, "a read");
}

// Which device carries the next reads: the numbers of the devices, as a text.
std::string next_reads(Scene& scene, unsigned count) {
  std::string text;
  Request request;
  for (unsigned i = 0; i < count; ++i) {
    must_read(scene, request);
    unsigned device = 0;
    while (request.device != &scene.device(device)) {
      ++device;
    }
    text += std::to_string(device + 1);
  }
  return text;
}
void expect_reads(Scene& scene, const std::string& expected, const std::string& what) {
  const std::string are = next_reads(scene, static_cast<unsigned>(expected.size()));
  expect(are == expected, what + ": are on " + are + ", expected " + expected);
}

// Commands of one kind that all devices have taken.
unsigned commands(Scene& scene, unsigned devices, uint8_t opcode) {
  unsigned count = 0;
  for (unsigned i = 0; i < devices; ++i) {
    count += scene.device(i).requests(opcode);
  }
  return count;
}

// One port in each group.
array::Config groups(unsigned count, array::AluaMode alua) {
  array::Config config = Scene::symmetric_array(0);
  config.controllers = count;
  config.alua = alua;
  config.symmetric = false;
  for (unsigned port = 0; port < count; ++port) {
    config.ports.push_back({port});
  }
  return config;
}

void set_state(Scene& scene, uint16_t group, AccessState state) {
  expect(scene.array().set_group_state(group, state).ok(), "the array changes an access state");
}

// A read meets the unit attention that tells of it, and the states are read.
void let_it_be_noticed(Scene& scene) {
  Request request;
  must_read(scene, request);
  machine().settle();
}

// 11: an implicit-only LUN turns asymmetric and back.
void implicit_turns_asymmetric(const std::string& driver) {
  array::Config config = groups(2, array::AluaMode::implicit_only);
  config.symmetric = true;
  Scene scene(driver, config);
  scene.must_load();
  scene.arrive(2);
  expect_reads(scene, "1212", "symmetric");
  set_state(scene, 2, AccessState::active_nonoptimized);
  next_reads(scene, 2);
  machine().settle();
  expect_reads(scene, "111", "one group is not optimized");
  set_state(scene, 2, AccessState::active_optimized);
  let_it_be_noticed(scene);
  const std::string both = next_reads(scene, 4);
  expect(both == "1212" || both == "2121", "symmetric again: reads are on " + both);
  expect_equal(commands(scene, 2, scsi::kMaintenanceOut), 0U, "SET TARGET PORT GROUPS");
  scene.unload();
}

// 12: one SET TARGET PORT GROUPS, then one RTPG, whoever else fails on that path.
void explicit_takes_over(const std::string& driver) {
  Scene scene(driver, groups(2, array::AluaMode::explicit_only));
  scene.must_load();
  scene.arrive(2);
  scene.device(0).unplug(true);
  const unsigned reports = scene.device(1).requests(scsi::kMaintenanceIn);
  std::array<Request, 4> requests;
  for (Request& request : requests) {
    scene.mpio.read(request, 0, 1);
  }
  for (Request& request : requests) {
    scene.mpio.run(request);
    expect_equal(request.status, STATUS_SUCCESS, "a read that lost its path");
    expect(request.device == &scene.device(1), "the other path carries it");
  }
  machine().settle();
  expect_equal(scene.device(1).requests(scsi::kMaintenanceOut), 1U, "SET TARGET PORT GROUPS");
  expect_equal(scene.device(1).requests(scsi::kMaintenanceIn) - reports, 1U,
               "REPORT TARGET PORT GROUPS");
  expect(scene.array().groups().state(2) == AccessState::active_optimized,
         "the group is optimized now");
  scene.unload();
}

// 13: which of the other groups is asked to take over.
void best_candidate(const std::string& driver) {
  struct Case {
    std::array<AccessState, 3> states;  // of groups 2 to 4
    unsigned taken;                     // device, from 0
  };
  constexpr auto kUnavailable = AccessState::unavailable;
  constexpr auto kNonoptimized = AccessState::active_nonoptimized;
  constexpr auto kStandby = AccessState::standby;
  const std::array<Case, 3> cases = {{{{kUnavailable, kNonoptimized, kStandby}, 2},
                                      {{kUnavailable, kUnavailable, kStandby}, 3},
                                      {{kUnavailable, kUnavailable, kUnavailable}, 1}}};
  for (const Case& one : cases) {
    Scene scene(driver, groups(4, array::AluaMode::explicit_only));
    for (uint16_t i = 0; i < one.states.size(); ++i) {
      set_state(scene, static_cast<uint16_t>(i + 2), one.states[i]);
    }
    scene.must_load();
    scene.arrive(4);
    scene.device(0).unplug(true);
    Request request;
    must_read(scene, request);
    machine().settle();
    expect_equal(scene.device(one.taken).requests(scsi::kMaintenanceOut), 1U,
                 "SET TARGET PORT GROUPS on path " + std::to_string(one.taken + 1));
    expect_equal(commands(scene, 4, scsi::kMaintenanceOut), 1U, "of all paths");
    must_read(scene, request);
    expect(request.device == &scene.device(one.taken), "it carries the reads");
    scene.unload();
  }
}

// 14: a path that stands by in the optimized group needs no command.
void masked_path(const std::string& driver) {
  array::Config config = groups(2, array::AluaMode::explicit_only);
  config.ports = {{0}, {0}, {1}};
  Scene scene(driver, config);
  scene.set_policy(kFailOverOnly);
  scene.must_load();
  scene.arrive(3);
  expect_reads(scene, "111", "fail over only");
  scene.device(0).unplug(true);
  expect_reads(scene, "222", "the other path of the group");
  machine().settle();
  expect_equal(commands(scene, 3, scsi::kMaintenanceOut), 0U, "SET TARGET PORT GROUPS");
  scene.unload();
}

// 15: however many tell that the states changed, one RTPG asks; and I/O goes on even if none can.
void states_changed(const std::string& driver) {
  Scene scene(driver, Scene::asymmetric_array());
  scene.must_load();
  scene.arrive(2);
  const unsigned before = commands(scene, 2, scsi::kMaintenanceIn);
  std::array<Request, 10> requests;
  scene.device(0).end_next({.srb_status = SRB_STATUS_ERROR | SRB_STATUS_AUTOSENSE_VALID,
                            .scsi_status = scsi::kCheckCondition,
                            .sense = {0x70, 0, 6, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x2a, 6}},
                           requests.size());
  for (Request& request : requests) {
    scene.mpio.read(request, 0, 1);
  }
  for (Request& request : requests) {
    scene.mpio.run(request);
    expect_equal(request.status, STATUS_SUCCESS, "a read");
    expect_equal(request.retries, 0U, "retries that count");
  }
  machine().settle();
  expect_equal(commands(scene, 2, scsi::kMaintenanceIn) - before, 1U, "RTPGs for ten of them");
  expect_equal(scene.mpio.throttles, 1U, "throttles");
  expect_equal(scene.mpio.resumes, 1U, "resumes");

  for (size_t n = 1;; ++n) {
    expect(n < 64, "the allocations of an RTPG come to an end");
    set_state(scene, 2, AccessState::active_nonoptimized);
    machine().pool.fail_at(machine().pool.allocations() + n);
    must_read(scene, requests[0]);
    machine().settle();
    const bool failed = machine().pool.has_failed();
    machine().pool.fail_at(0);
    expect_equal(scene.mpio.throttles, scene.mpio.resumes, "throttles and resumes");
    if (!failed) {
      break;
    }
  }
  scene.unload();
}

void let_pass(uint64_t duration_ns) {
  bool over = false;
  base::Timer timer([](void* context) { *static_cast<bool*>(context) = true; }, &over);
  machine().clock.arm_after(timer, duration_ns);
  machine().wait_until([&over] { return over; }, "a pause");
}

// The answers to REPORT TARGET PORT GROUPS become what `change` makes of them.
template <typename Change>
void report(Scene& scene, unsigned devices, Change change) {
  for (unsigned i = 0; i < devices; ++i) {
    scene.device(i).tamper = [change](const scsi::Cdb& cdb, std::vector<uint8_t>& data) {
      if (cdb.opcode() == scsi::kMaintenanceIn) {
        change(data);
      }
    };
  }
  scene.array().attention_for_all(0x2a06, array::Array::kEveryLun);
  Request request;
  must_read(scene, request);
  // What is not understood is asked for again, now and then.
  constexpr uint64_t kTwoMinutesNs = 120'000'000'000;
  let_pass(kTwoMinutesNs);
}

// 27: answers that are cut, lie or say what is of no use: none is believed in part, none stops I/O.
void malformed_groups(const std::string& driver) {
  Scene scene(driver, groups(2, array::AluaMode::implicit_only));
  scene.must_load();
  scene.arrive(2);
  size_t whole = 0;
  report(scene, 2, [&whole](std::vector<uint8_t>& data) { whole = data.size(); });
  expect(whole > 12, "an answer has two groups");
  for (size_t size = 0; size < whole; ++size) {
    report(scene, 2, [size](std::vector<uint8_t>& data) { data.resize(size); });
    expect_reads(scene, "11", "an answer cut at " + std::to_string(size));
  }
  report(scene, 2, [](std::vector<uint8_t>& data) { base::store_be32(data.data(), 0xffffffff); });
  expect_reads(scene, "11", "four gigabytes announced");
  report(scene, 2, [](std::vector<uint8_t>& data) { base::store_be32(data.data(), 0); });
  expect_reads(scene, "11", "nothing announced");
  report(scene, 2, [](std::vector<uint8_t>& data) {
    constexpr uint16_t kGroups = 33;
    data.assign(4, 0);
    for (uint16_t id = 1; id <= kGroups; ++id) {
      data.insert(data.end(), {1, 0x8f, 0, static_cast<uint8_t>(id), 0, 0, 0, 0});
    }
    base::store_be32(data.data(), static_cast<uint32_t>(data.size() - 4));
  });
  expect_reads(scene, "11", "33 groups");
  const auto group = [](uint8_t state, uint8_t id, uint8_t port) {
    return std::array<uint8_t, 12>{state, 0x8f, 0, id, 0, 0, 0, 1, 0, 0, 0, port};
  };
  const auto report_two = [&](const auto& first, const auto& second) {
    report(scene, 2, [first, second](std::vector<uint8_t>& data) {
      data.assign(4, 0);
      data.insert(data.end(), first.begin(), first.end());
      data.insert(data.end(), second.begin(), second.end());
      base::store_be32(data.data(), static_cast<uint32_t>(data.size() - 4));
    });
  };
  report_two(group(1, 2, 2), group(0, 2, 1));
  expect_reads(scene, "11", "a group twice");
  report_two(group(1, 1, 1), group(0, 2, 1));
  expect_reads(scene, "11", "a port in two groups");
  report_two(group(1, 1, 1), group(5, 2, 2));
  expect_reads(scene, "11", "a state that is reserved");
  constexpr uint8_t kLbaDependent = 4;
  constexpr uint8_t kOffline = 0xe;
  report_two(group(kOffline, 1, 1), group(kLbaDependent, 2, 2));
  expect_reads(scene, "22", "offline never carries a read, LBA-dependent may");
  report_two(group(kLbaDependent, 1, 1), group(0, 2, 2));
  expect_reads(scene, "22", "LBA-dependent is not optimized");
  report(scene, 2, [](std::vector<uint8_t>&) {});
  expect_reads(scene, "11", "an honest answer");
  report(scene, 2, [&group](std::vector<uint8_t>& data) {
    const auto only = group(0, 1, 1);
    data.assign({0, 0, 0, 12});
    data.insert(data.end(), only.begin(), only.end());
  });
  next_reads(scene, 4);  // a group has vanished under its device: which path does not matter
  report(scene, 2, [](std::vector<uint8_t>&) {});
  expect_reads(scene, "11", "an honest answer again");
  scene.unload();
}

constexpr Scenario kScenarios[] = {
    {"acceptance/11_implicit-turns-asymmetric", implicit_turns_asymmetric},
    {"acceptance/12_explicit-takes-over", explicit_takes_over},
    {"acceptance/13_best-candidate", best_candidate},
    {"acceptance/14_masked-path", masked_path},
    {"acceptance/15_states-changed", states_changed},
    {"acceptance/27_malformed-groups", malformed_groups},
};

}  // namespace

std::span<const Scenario> acceptance_access_scenarios() {
  return kScenarios;
}

}  // namespace harness
