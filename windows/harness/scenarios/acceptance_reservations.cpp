// Acceptance: a cluster's PERSISTENT RESERVE OUT over the paths of a LUN, at the boundary of
// request blocks. The numbers are those of dsm/acceptance, which has the same list for the DSM
// itself.
#include <algorithm>

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

// 20: the result is the failure, the key is known, and the path that refused carries nothing until
// it is registered.
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

// ... by which a path that comes later is registered.
void refused_and_known(const std::string& driver) {
  Cluster cluster(driver, 3, Scene::symmetric_array(4));
  cluster.scene.device(1).answer_next(scsi::kPersistentReserveOut, 1, scsi::kCheckCondition,
                                      kNoRoom);
  expect_text(cluster.ask({.service_action_key = kOurKey}), "5/55/04", "REGISTER");
  expect_states(cluster.scene, "AO NOREG AO", "one path refuses");
  expect(cluster.scene.mpio.arrive(cluster.scene.device(3)), "a fourth path comes");
  machine().settle();
  expect_states(cluster.scene, "AO NOREG AO AO", "a fourth path");
  expect_equal(cluster.count(kOurKey), 3U, "keys registered");
  cluster.must({.key = kOurKey, .service_action_key = kOurKey});
  expect_states(cluster.scene, "AO AO AO AO", "registered again");
  cluster.scene.unload();
}

// 21: a path that was never registered does not fail unregistering; then there is no key.
void unregisters_what_is_registered(const std::string& driver) {
  Cluster cluster(driver, 3, Scene::symmetric_array(4));
  ScsiDevice& second = cluster.scene.device(1);
  second.answer_next(scsi::kPersistentReserveOut, 1, scsi::kCheckCondition, kNoRoom);
  cluster.ask({.service_action_key = kOurKey});
  second.answer_next(scsi::kPersistentReserveOut, 1, scsi::kReservationConflict);
  cluster.must({.key = kOurKey});
  expect_equal(cluster.keys().size(), 0U, "keys registered");
  expect_text(cluster.spread(6), "2 2 2 0", "reads down the paths");
  ScsiDevice& late = cluster.scene.device(3);
  expect(cluster.scene.mpio.arrive(late), "a fourth path comes");
  expect_text(cluster.spread(8), "2 2 2 2", "reads down the paths");
  machine().settle();
  expect_states(cluster.scene, "AO AO AO AO", "without a key");
  expect_equal(cluster.keys().size(), 0U, "keys registered");
  cluster.scene.unload();
}

// 22: nothing was sent, or the target has refused it. Never a success.
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

// 23: three unit attentions are gone through on the same path.
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
  const auto is_busy = [&driver](ReserveOutAction action, const scsi::Sense& sense,
                                 const std::string& named) {
    Cluster cluster(driver, 2);
    cluster.they({.service_action_key = kTheirKey});
    cluster.must_register();
    cluster.scene.device(0).answer_next(scsi::kPersistentReserveOut, 1000, scsi::kCheckCondition,
                                        sense);
    const uint64_t begun_ns = machine().clock.now_ns();
    const std::string said = cluster.ask(
        {.action = action, .key = kOurKey, .service_action_key = kTheirKey, .type = kShared});
    const uint64_t took_ms = (machine().clock.now_ns() - begun_ns) / base::kNsPerMs;
    expect(took_ms > 1500 && took_ms < 4000, "it took " + std::to_string(took_ms) + " ms");
    const bool moves_on = action == ReserveOutAction::reserve;
    expect_text(said, moves_on ? "GOOD" : named, scsi::name_of(action));
    expect(cluster.reserved() == (moves_on ? kShared : ReservationType::none), "the reservation");
    cluster.scene.unload();
  };
  for (const auto action : {ReserveOutAction::reserve, ReserveOutAction::preempt_and_abort}) {
    is_busy(action, kReleased, "6/2a/04");
    is_busy(action, kInTransition, "2/04/0a");
  }
}

// 24: registered before it carries anything; kept out while that fails.
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

// Reads that never stop: none of them goes down the late path before it is registered.
void registered_first(const std::string& driver) {
  for (const unsigned refusals : {0U, 1U, 2U}) {
    Cluster cluster(driver, 2);
    cluster.must({.service_action_key = kOurKey, .persists = true});
    cluster.must({.action = ReserveOutAction::reserve, .key = kOurKey, .type = kExclusive});
    struct Reader {
      explicit Reader(Mpio& to) : mpio(to) {
        request.owner = this;
        request.ended = [](Request& ended) {
          Reader& reader = *static_cast<Reader*>(ended.owner);
          if (!reader.over) {
            reader.mpio.read(ended, 0, 1);
          }
        };
        mpio.read(request, 0, 1);
      }
      Mpio& mpio;
      Request request;
      bool over = false;
    } reader(cluster.scene.mpio);
    ScsiDevice& late = cluster.scene.device(2);
    late.answer_next(scsi::kPersistentReserveOut, refusals, scsi::kCheckCondition, kNoRoom);
    expect(cluster.scene.mpio.arrive(late), "the late path is taken into use");
    machine().wait_until([&late] { return late.requests(scsi::kRead10) >= 10; },
                         "reads down the late path");
    reader.over = true;
    cluster.scene.mpio.run(reader.request);
    expect_equal(reader.request.status, STATUS_SUCCESS, "the last read");
    const std::string order = in_order(late, 0, {scsi::kPersistentReserveOut, scsi::kRead10});
    const size_t first_read = order.find("28");
    expect(first_read >= 3 * (refusals + 1) && order.find("5F", first_read) == std::string::npos,
           "REGISTER, then reads: " + order);
    expect_equal(cluster.count(kOurKey), 3U, "keys registered");
    expect_equal(cluster.conflicts(), 1U, "conflicts: the answer to a REGISTER that asks");
    cluster.scene.unload();
  }
}

constexpr Scenario kScenarios[] = {
    {"acceptance/20_one-path-refuses", one_path_refuses},
    {"acceptance/20_refused-and-known", refused_and_known},
    {"acceptance/21_unregisters-what-is-registered", unregisters_what_is_registered},
    {"acceptance/22_no-path-for-it", no_path_for_it},
    {"acceptance/23_unit-attentions", unit_attentions},
    {"acceptance/23_busy-for-too-long", busy_for_too_long},
    {"acceptance/24_late-path", late_path},
    {"acceptance/24_registered-first", registered_first},
};

}  // namespace

std::span<const Scenario> acceptance_reservation_scenarios() {
  return kScenarios;
}

}  // namespace harness
