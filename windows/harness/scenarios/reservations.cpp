// PERSISTENT RESERVE over all paths: which of them are registered, and who may write.
#include "base/units.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"
#include "windows/harness/scenarios/cluster.h"

namespace harness {
namespace {

using scsi::ReservationType;
using scsi::ReserveOutAction;

constexpr auto kShared = ReservationType::write_exclusive_registrants_only;
constexpr auto kExclusive = ReservationType::exclusive_access_registrants_only;
constexpr scsi::Sense kNoRoom = scsi::make_sense(scsi::kIllegalRequest, 0x5504);
constexpr scsi::Sense kReleased = scsi::make_sense(scsi::kUnitAttention, 0x2a04);
constexpr scsi::Sense kInTransition = scsi::make_sense(scsi::kNotReady, 0x040a);

// Both forms of request blocks.
void registers_everywhere(const std::string& driver) {
  Cluster cluster(driver);
  for (const bool extended : {false, true}) {
    cluster.request.extended = extended;
    cluster.must_register();
    expect_equal(cluster.request.irp->IoStatus.Information, scsi::kReserveOutBytes, "Information");
    expect_equal(cluster.count(kOurKey), 3U, "keys registered");
    cluster.must({.action = ReserveOutAction::reserve, .key = kOurKey, .type = kShared});
    expect(cluster.reserved() == kShared, "the LUN is reserved");
    expect_text(cluster.spread(6), "2 2 2", "reads down the paths");
    cluster.must({.key = kOurKey});
    expect_equal(cluster.keys().size(), 0U, "keys after unregistering");
    expect(cluster.reserved() == ReservationType::none, "and the reservation is gone");
  }
  expect_equal(cluster.conflicts(), 0U, "conflicts");
  cluster.scene.unload();
}

// Acceptance scenario 20.
void one_path_refuses(const std::string& driver) {
  Cluster cluster(driver);
  for (const bool extended : {false, true}) {
    cluster.request.extended = extended;
    cluster.scene.device(1).answer_next(scsi::kPersistentReserveOut, 1, scsi::kCheckCondition,
                                        kNoRoom);
    expect_text(cluster.ask({.service_action_key = kOurKey}), "5/55/04", "REGISTER");
    expect_equal(cluster.request.status, STATUS_IO_DEVICE_ERROR, "its status");
    expect_equal(cluster.count(kOurKey), 2U, "keys registered");
    expect_text(cluster.spread(4), "2 0 2", "reads down the paths");
    cluster.must({.key = kOurKey, .service_action_key = kOurKey});
    expect_equal(cluster.count(kOurKey), 3U, "keys registered");
    expect_text(cluster.spread(6), "2 2 2", "reads down the paths");
    cluster.must({.key = kOurKey});
  }
  cluster.scene.unload();
}

// Acceptance scenario 21.
void unregisters_what_is_registered(const std::string& driver) {
  Cluster cluster(driver);
  ScsiDevice& second = cluster.scene.device(1);
  second.answer_next(scsi::kPersistentReserveOut, 1, scsi::kCheckCondition, kNoRoom);
  cluster.ask({.service_action_key = kOurKey});
  second.answer_next(scsi::kPersistentReserveOut, 1, scsi::kReservationConflict);
  cluster.must({.key = kOurKey});
  expect_equal(cluster.keys().size(), 0U, "keys registered");
  expect_text(cluster.spread(6), "2 2 2", "reads down the paths");
  cluster.scene.unload();
}

// Acceptance scenario 22: nothing was sent, or the target has refused it. Never a success.
void no_path_for_it(const std::string& driver) {
  Cluster cluster(driver, 2);
  cluster.they({.service_action_key = kTheirKey});
  const Wish reserve{.action = ReserveOutAction::reserve, .key = kOurKey, .type = kExclusive};
  expect_text(cluster.ask(reserve), "CONFLICT", "RESERVE by who is not registered");
  cluster.must_register();
  cluster.scene.device(0).unplug(true);
  cluster.scene.device(1).unplug(true);
  expect_text(cluster.ask(reserve), "SRB status 04", "perhaps a port driver had sent it by then");
  expect_equal(cluster.request.status, STATUS_IO_DEVICE_ERROR, "its status");
  for (const unsigned port : {0U, 1U}) {
    PVOID successor = nullptr;
    cluster.scene.mpio.invalidate(cluster.scene.mpio.path_of(cluster.scene.device(port)),
                                  successor);
  }
  for (const bool extended : {false, true}) {
    cluster.request.extended = extended;
    expect_text(cluster.ask(reserve), "SRB status 08", "RESERVE without a path");
    expect_equal(cluster.request.status, STATUS_NO_SUCH_DEVICE, "its status");
    expect_equal(cluster.request.irp->IoStatus.Information, 0U, "Information");
  }
  expect(cluster.reserved() == ReservationType::none, "nobody has reserved");
  cluster.scene.unload();
}

// Acceptance scenario 23: three unit attentions are gone through on the same path.
void unit_attentions(const std::string& driver) {
  for (const auto action : {ReserveOutAction::register_key, ReserveOutAction::reserve,
                            ReserveOutAction::preempt_and_abort}) {
    Cluster cluster(driver, 2);
    cluster.they({.service_action_key = kTheirKey});
    if (action != ReserveOutAction::register_key) {
      cluster.must_register();
    }
    const unsigned other = cluster.scene.device(1).requests(scsi::kPersistentReserveOut);
    cluster.scene.device(0).answer_next(scsi::kPersistentReserveOut, 3, scsi::kCheckCondition,
                                        kReleased);
    cluster.must(action == ReserveOutAction::register_key ? Wish{.service_action_key = kOurKey}
                                                          : Wish{.action = action,
                                                                 .key = kOurKey,
                                                                 .service_action_key = kTheirKey,
                                                                 .type = kShared});
    const unsigned elsewhere = action == ReserveOutAction::register_key ? 1 : 0;
    expect_equal(cluster.scene.device(1).requests(scsi::kPersistentReserveOut) - other, elsewhere,
                 "commands down the other path");
    cluster.scene.unload();
  }
}

// ... and after three seconds the next path is tried; but not by PREEMPT AND ABORT.
void busy_for_too_long(const std::string& driver) {
  for (const auto action : {ReserveOutAction::reserve, ReserveOutAction::preempt_and_abort}) {
    Cluster cluster(driver, 2);
    cluster.they({.service_action_key = kTheirKey});
    cluster.must_register();
    cluster.scene.device(0).answer_next(scsi::kPersistentReserveOut, 1000, scsi::kCheckCondition,
                                        kInTransition);
    const uint64_t begun_ns = machine().clock.now_ns();
    const std::string said = cluster.ask(
        {.action = action, .key = kOurKey, .service_action_key = kTheirKey, .type = kShared});
    const uint64_t took_ms = (machine().clock.now_ns() - begun_ns) / base::kNsPerMs;
    expect(took_ms > 1500 && took_ms < 4000, "it took " + std::to_string(took_ms) + " ms");
    const bool moves_on = action == ReserveOutAction::reserve;
    expect_text(said, moves_on ? "GOOD" : "2/04/0a", scsi::name_of(action));
    expect(cluster.reserved() == (moves_on ? kShared : ReservationType::none), "the reservation");
    cluster.scene.unload();
  }
}

// Acceptance scenario 24: registered before it carries anything; kept out while that fails.
void late_path(const std::string& driver) {
  Cluster cluster(driver, 2);
  cluster.must({.service_action_key = kOurKey, .persists = true});
  cluster.must({.action = ReserveOutAction::reserve, .key = kOurKey, .type = kExclusive});
  ScsiDevice& late = cluster.scene.device(2);
  late.answer_next(scsi::kPersistentReserveOut, 1, scsi::kCheckCondition, kNoRoom);
  expect(cluster.scene.mpio.arrive(late), "the late path is taken into use");
  expect_text(cluster.spread(4), "2 2 0", "reads down the paths");
  expect_equal(cluster.count(kOurKey), 2U, "keys registered");
  machine().settle();
  expect_equal(cluster.count(kOurKey), 3U, "keys registered a while later");
  expect_text(cluster.spread(6), "2 2 2", "reads down the paths");
  expect_equal(cluster.conflicts(), 1U, "conflicts: the answer to a REGISTER that asks");
  // And a path that comes back is still registered.
  cluster.scene.device(0).unplug(true);
  cluster.must_read(3);
  cluster.scene.device(0).unplug(false);
  expect(cluster.scene.mpio.recover(cluster.scene.device(0)), "the path comes back");
  machine().settle();
  expect_text(cluster.spread(6), "2 2 2", "reads down the paths");
  expect_equal(cluster.conflicts(), 1U, "conflicts");
  cluster.scene.unload();
}

// The other host throws this one out: it does not come back by itself.
void fenced(const std::string& driver) {
  Cluster cluster(driver, 2);
  cluster.must_register();
  cluster.must({.action = ReserveOutAction::reserve, .key = kOurKey, .type = kShared});
  cluster.they({.service_action_key = kTheirKey});
  expect_equal(cluster.they({.action = ReserveOutAction::preempt_and_abort,
                             .key = kTheirKey,
                             .service_action_key = kOurKey,
                             .type = kShared}),
               scsi::kGood, "their PREEMPT AND ABORT");
  Request& request = cluster.request;
  for (int i = 0; i < 4; ++i) {
    do {
      cluster.scene.mpio.write(request, 0, 1, 0x55);
      cluster.scene.mpio.run(request);
    } while (cluster.said() == "6/2a/05");  // what the class driver tries again
    expect_text(cluster.said(), "CONFLICT", "a write");
    machine().settle();
  }
  expect_equal(cluster.scene.mpio.invalidations, 0U, "paths invalidated");
  expect(cluster.scene.mpio.arrive(cluster.scene.device(2)), "a third path comes");
  machine().settle();
  expect_equal(cluster.count(kOurKey), 0U, "keys registered");
  expect_text(cluster.ask({.action = ReserveOutAction::release, .key = kOurKey, .type = kShared}),
              "CONFLICT", "RELEASE");
  // Only its client lets it in again.
  cluster.must_register();
  cluster.scene.mpio.write(request, 0, 1, 0x55);
  cluster.scene.mpio.run(request);
  expect_text(cluster.said(), "GOOD", "a write");
  cluster.scene.unload();
}

constexpr Scenario kScenarios[] = {
    {"reservations/registers-everywhere", registers_everywhere},
    {"reservations/one-path-refuses", one_path_refuses},
    {"reservations/unregisters-what-is-registered", unregisters_what_is_registered},
    {"reservations/no-path-for-it", no_path_for_it},
    {"reservations/unit-attentions", unit_attentions},
    {"reservations/busy-for-too-long", busy_for_too_long},
    {"reservations/late-path", late_path},
    {"reservations/fenced", fenced},
};

}  // namespace

std::span<const Scenario> reservation_scenarios() {
  return kScenarios;
}

}  // namespace harness
