// PERSISTENT RESERVE over all paths: all of them are registered, and who is thrown out stays out.
// What the acceptance list says of it is in acceptance_reservations.cpp.
#include "scsi/opcodes.h"
#include "scsi/sense.h"
#include "windows/harness/scenarios/cluster.h"

namespace harness {
namespace {

using scsi::ReservationType;
using scsi::ReserveOutAction;

constexpr auto kShared = ReservationType::write_exclusive_registrants_only;

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
    {"reservations/fenced", fenced},
};

}  // namespace

std::span<const Scenario> reservation_scenarios() {
  return kScenarios;
}

}  // namespace harness
