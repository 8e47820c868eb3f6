// Requests that fail: failover, the path's return, access states that change.
#include <algorithm>
#include <array>

#include "windows/driver/pool.h"
#include "windows/harness/scenario.h"

namespace harness {
namespace {

void must_read(Scene& scene, Request& request) {
  scene.mpio.read(request, 0, 1);
  scene.mpio.run(request);
  expect_equal(request.status, STATUS_SUCCESS, "a read");
}

void last_path_lost(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(1);
  scene.device(0).unplug(true);
  Request request;
  scene.mpio.read(request, 0, 1);
  scene.mpio.run(request);
  expect_equal(request.status, STATUS_NO_SUCH_DEVICE, "a read without a path");
  scene.unload();
}

// Explicit ALUA: the optimized path is lost, the array is asked to make the other one optimized.
void explicit_failover(const std::string& driver) {
  Scene scene(driver, Scene::asymmetric_array());
  scene.must_load();
  scene.arrive(2);
  Request request;
  must_read(scene, request);
  scene.device(0).unplug(true);
  must_read(scene, request);
  machine().settle();
  must_read(scene, request);
  expect(request.device == &scene.device(1), "the other path carries it");
  expect(scene.array().groups().state(2) == scsi::AccessState::active_optimized,
         "the array made it optimized");
  expect_equal(scene.mpio.throttles, scene.mpio.resumes, "throttles and resumes");
  scene.unload();
}

// The array changes sides by itself: unit attention 2A/06, retried, access states read anew.
void implicit_change(const std::string& driver) {
  Scene scene(driver, Scene::asymmetric_array());
  scene.must_load();
  scene.arrive(2);
  Request request;
  must_read(scene, request);
  expect(scene.array().set_group_state(1, scsi::AccessState::active_nonoptimized).ok() &&
             scene.array().set_group_state(2, scsi::AccessState::active_optimized).ok(),
         "the array changes sides");
  must_read(scene, request);
  machine().settle();
  must_read(scene, request);
  expect(request.device == &scene.device(1), "the new optimized path carries it");
  expect(scene.mpio.throttles != 0, "I/O was held while the access states were read");
  expect_equal(scene.mpio.throttles, scene.mpio.resumes, "throttles and resumes");
  scene.unload();
}

void failover_of_extended_blocks(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(2);
  Request request;
  request.extended = true;
  scene.device(0).unplug(true);
  must_read(scene, request);
  must_read(scene, request);
  expect(request.device == &scene.device(1), "the other path carries it");
  scene.unload();
}

// A retry takes its count along: the path that it has left can go while it is under way.
void count_moves_with_retry(const std::string& driver) {
  constexpr uint64_t kSlowNs = 50'000'000;
  using driver::kDeviceTag;
  Scene scene(driver);
  scene.must_load();
  scene.arrive(2);
  scene.device(0).unplug(true);
  scene.device(1).set_latency(kSlowNs);
  std::array<Request, 2> requests;  // one of them goes down the path that is lost
  for (Request& request : requests) {
    scene.mpio.read(request, 0, 1);
  }
  machine().wait_until([&scene] { return scene.mpio.invalidations != 0; }, "the failover");
  expect(!requests[0].done && !requests[1].done, "both requests are under way down path 1");
  scene.mpio.remove(scene.device(0), false);
  expect_equal(machine().pool.count(kDeviceTag), 1U, "devices");
  for (Request& request : requests) {
    scene.mpio.run(request);
    expect_equal(request.status, STATUS_SUCCESS, "a read");
  }
  scene.unload();
}

// While the array is between two states its answer is asked for again and again, by the DSM's
// timer; until then MPIO holds the I/O.
void transition(const std::string& driver) {
  constexpr uint64_t kTransitionNs = 400'000'000;
  Scene scene(driver, Scene::asymmetric_array());
  scene.must_load();
  scene.arrive(1);
  Request request;
  must_read(scene, request);
  const uint64_t begun_ns = machine().clock.now_ns();
  expect(scene.array().begin_transition(1, scsi::AccessState::active_optimized, kTransitionNs).ok(),
         "the array begins a transition");
  must_read(scene, request);
  expect(machine().clock.now_ns() - begun_ns >= kTransitionNs, "the read waited for its end");
  machine().settle();
  expect(scene.mpio.throttles != 0, "I/O was held");
  expect_equal(scene.mpio.throttles, scene.mpio.resumes, "throttles and resumes");
  scene.unload();
}

// No path accepts commands, and the array cannot be asked to change that: a request ends all the
// same.
void unavailable_for_good(const std::string& driver) {
  constexpr uint64_t kMinuteNs = 60'000'000'000;
  array::Config config = Scene::asymmetric_array();
  config.alua = array::AluaMode::implicit_only;
  Scene scene(driver, config);
  scene.must_load();
  scene.arrive(2);
  for (const uint16_t group : {uint16_t{1}, uint16_t{2}}) {
    expect(scene.array().set_group_state(group, scsi::AccessState::unavailable).ok(),
           "the array changes an access state");
  }
  Request request;
  scene.mpio.read(request, 0, 1);
  const uint64_t limit_ns = machine().clock.now_ns() + kMinuteNs;
  machine().wait_until([&] { return request.done || machine().clock.now_ns() >= limit_ns; },
                       "a read of an array that is not available");
  expect(request.done, "it has ended within a minute");
  expect_equal(request.status, STATUS_IO_DEVICE_ERROR, "its status");
  for (const uint16_t group : {uint16_t{1}, uint16_t{2}}) {
    expect(scene.array().set_group_state(group, scsi::AccessState::active_optimized).ok(),
           "the array changes an access state");
  }
  must_read(scene, request);
  scene.unload();
}

// Sense data that the request block does not call valid are not looked at: they are older.
void stale_sense(const std::string& driver) {
  Scene scene(driver, Scene::asymmetric_array());
  scene.must_load();
  scene.arrive(2);
  scene.device(0).hide_sense();
  Request request;
  constexpr uint8_t kAccessStateChanged[] = {0x70, 0, 6, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x2a, 6};
  std::copy(std::begin(kAccessStateChanged), std::end(kAccessStateChanged), request.sense);
  scene.mpio.read(request, uint64_t{1} << 30, 1);  // beyond the medium
  scene.mpio.run(request);
  machine().settle();
  expect_equal(scene.mpio.throttles, 0U, "throttles");
  scene.unload();
}

// What is the target's answer, and not the path's fault, goes back to the class driver.
void given_back(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(2);
  Request request;
  scene.mpio.read(request, uint64_t{1} << 30, 1);  // beyond the medium
  scene.mpio.run(request);
  expect_equal(request.status, STATUS_IO_DEVICE_ERROR, "a read beyond the medium");
  expect_equal(request.retries, 0U, "retries");
  expect_equal(scene.mpio.invalidations, 0U, "paths invalidated");
  scene.unload();
}

// Without a request block the packet's status says what there is to say.
void without_block(const std::string& driver) {
  Scene scene(driver);
  scene.must_load();
  scene.arrive(2);
  const DSM_INIT_DATA& dsm = scene.mpio.dsm();
  for (NTSTATUS status : {STATUS_DEVICE_NOT_CONNECTED, STATUS_IO_DEVICE_ERROR}) {
    const AtIrql dispatch_level(DISPATCH_LEVEL);
    BOOLEAN retry = TRUE;
    LONG interval_s = MAXLONG;
    const ULONG expected = status == STATUS_DEVICE_NOT_CONNECTED ? DSM_FATAL_ERROR : 0;
    expect_equal(dsm.DsmInterpretErrorEx(dsm.DsmContext, scene.mpio.dsm_id_of(scene.device(0)),
                                         nullptr, &status, &retry, &interval_s),
                 expected, "the mask");
    expect(retry == FALSE, "no retry");
  }
  machine().settle();
  scene.unload();
}

constexpr Scenario kScenarios[] = {
    {"errors/last-path-lost", last_path_lost},
    {"errors/explicit-failover", explicit_failover},
    {"errors/implicit-change", implicit_change},
    {"errors/failover-of-extended-blocks", failover_of_extended_blocks},
    {"errors/count-moves-with-retry", count_moves_with_retry},
    {"errors/transition", transition},
    {"errors/unavailable-for-good", unavailable_for_good},
    {"errors/stale-sense", stale_sense},
    {"errors/given-back", given_back},
    {"errors/without-block", without_block},
};

}  // namespace

std::span<const Scenario> error_scenarios() {
  return kScenarios;
}

}  // namespace harness
