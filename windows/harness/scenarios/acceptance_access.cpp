// Acceptance: access states, at the boundary of request blocks. The numbers are those of
// dsm/acceptance, which has the same list for the DSM itself.
#include <algorithm>
#include <array>

#include "scsi/opcodes.h"
#include "windows/harness/administrator.h"
#include "windows/harness/scenarios/observe.h"

namespace harness {
namespace {

using scsi::AccessState;

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
  array::Config config = Scene::grouped_array(2, array::AluaMode::implicit_only);
  config.symmetric = true;
  Scene scene(driver, config);
  scene.must_load();
  scene.arrive(2);
  expect_reads(scene, "1212", "symmetric");
  expect_equal(Administrator(scene).policy_now(), kRoundRobin, "the policy at first");
  set_state(scene, 2, AccessState::active_nonoptimized);
  next_reads(scene, 2);
  machine().settle();
  expect_reads(scene, "111", "one group is not optimized");
  expect_states(scene, "AO AU", "one group is not optimized");
  expect_equal(Administrator(scene).policy_now(), kWithSubset, "the policy meanwhile");
  set_state(scene, 2, AccessState::active_optimized);
  let_it_be_noticed(scene);
  const std::string both = next_reads(scene, 4);
  expect(both == "1212" || both == "2121", "symmetric again: reads are on " + both);
  expect_equal(Administrator(scene).policy_now(), kRoundRobin, "the policy then");
  expect_equal(commands(scene, 2, scsi::kMaintenanceOut), 0U, "SET TARGET PORT GROUPS");
  scene.unload();
}

// 12: one SET TARGET PORT GROUPS, then one RTPG, whoever else fails on that path.
void explicit_takes_over(const std::string& driver) {
  Scene scene(driver, Scene::grouped_array(2, array::AluaMode::explicit_only));
  scene.must_load();
  scene.arrive(2);
  scene.device(0).unplug(true);
  const size_t before = scene.device(1).requests();
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
  // tests/package/package.py expects this text of a driver whose profile forbids it.
  expect_equal(scene.device(1).requests(scsi::kMaintenanceOut), 1U, "SET TARGET PORT GROUPS");
  expect_text(in_order(scene.device(1), before, {scsi::kMaintenanceOut, scsi::kMaintenanceIn}),
              "A4 A3", "the commands about access states");
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
    Scene scene(driver, Scene::grouped_array(4, array::AluaMode::explicit_only));
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
  array::Config config = Scene::grouped_array(2, array::AluaMode::explicit_only);
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
  const size_t taken = scene.device(0).requests();
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
  std::string order;
  for (size_t i = 0; i < requests.size(); ++i) {
    order += "28 ";
  }
  expect_text(in_order(scene.device(0), taken, {scsi::kRead10, scsi::kMaintenanceIn}),
              order + "A3 " + order.substr(0, order.size() - 1),
              "reads are held until it is answered: commands");

  // MPIO does not send it, down however many paths.
  for (const unsigned refused : {1U, 2U}) {
    scene.mpio.refuses_requests = refused;
    const unsigned throttles = scene.mpio.throttles;
    set_state(scene, 2, AccessState::active_nonoptimized);
    must_read(scene, requests[0]);
    machine().settle();
    scene.mpio.refuses_requests = 0;
    expect_equal(scene.mpio.throttles - throttles, 1U, "throttles");
    expect_equal(scene.mpio.throttles, scene.mpio.resumes, "throttles and resumes");
  }
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

constexpr Scenario kScenarios[] = {
    {"acceptance/11_implicit-turns-asymmetric", implicit_turns_asymmetric},
    {"acceptance/12_explicit-takes-over", explicit_takes_over},
    {"acceptance/13_best-candidate", best_candidate},
    {"acceptance/14_masked-path", masked_path},
    {"acceptance/15_states-changed", states_changed},
};

}  // namespace

std::span<const Scenario> acceptance_access_scenarios() {
  return kScenarios;
}

}  // namespace harness
