// PERSISTENT RESERVE as cluster software meets it through MPIO: every service action, and what
// comes in between.
#include "base/units.h"
#include "scsi/opcodes.h"
#include "windows/harness/scenarios/cluster.h"

namespace harness {
namespace {

using scsi::ReservationType;
using scsi::ReserveOutAction;

constexpr auto kShared = ReservationType::write_exclusive_registrants_only;
constexpr auto kExclusive = ReservationType::exclusive_access_registrants_only;

// An exclusive reservation of one path moves to another when that path dies.
void holder_dies(const std::string& driver) {
  Cluster cluster(driver, 2);
  cluster.must_register();
  cluster.must({.action = ReserveOutAction::reserve,
                .key = kOurKey,
                .type = ReservationType::exclusive_access});
  expect_text(cluster.spread(4), "4 0 0", "reads down the paths");
  cluster.scene.device(0).unplug(true);
  cluster.must_read(2);
  expect_text(cluster.spread(4), "0 4 0", "reads down the paths");
  expect(cluster.reserved() == ReservationType::exclusive_access, "it is still reserved");
  expect_equal(cluster.conflicts(), 0U, "conflicts");
  expect(cluster.scene.mpio.throttles != 0, "I/O was held until then");
  expect_equal(cluster.scene.mpio.throttles, cluster.scene.mpio.resumes, "throttles and resumes");
  cluster.scene.unload();
}

void every_action(const std::string& driver) {
  Cluster cluster(driver, 2);
  for (const auto type : {ReservationType::write_exclusive, ReservationType::exclusive_access,
                          kShared, kExclusive, ReservationType::write_exclusive_all_registrants,
                          ReservationType::exclusive_access_all_registrants}) {
    cluster.must({.action = ReserveOutAction::register_and_ignore_existing_key,
                  .service_action_key = kOurKey});
    cluster.must({.action = ReserveOutAction::reserve, .key = kOurKey, .type = type});
    expect(cluster.reserved() == type, "the LUN is reserved");
    cluster.must({.action = ReserveOutAction::release, .key = kOurKey, .type = type});
    expect(cluster.reserved() == ReservationType::none, "the LUN is released");
  }
  for (const auto action : {ReserveOutAction::preempt, ReserveOutAction::preempt_and_abort}) {
    cluster.they({.service_action_key = kTheirKey});
    cluster.they({.action = ReserveOutAction::reserve, .key = kTheirKey, .type = kExclusive});
    cluster.must(
        {.action = action, .key = kOurKey, .service_action_key = kTheirKey, .type = kShared});
    expect_equal(cluster.count(kTheirKey), 0U, "keys of theirs");
    expect(cluster.reserved() == kShared, "the reservation is ours");
    cluster.must_read(2);
    cluster.must({.action = ReserveOutAction::release, .key = kOurKey, .type = kShared});
  }
  cluster.must({.action = ReserveOutAction::clear, .key = kOurKey});
  expect_equal(cluster.keys().size(), 0U, "keys after CLEAR");
  // The target's to refuse, whatever it is.
  const std::string said = cluster.ask({.action = static_cast<ReserveOutAction>(0x1f)});
  expect(said.starts_with("5/"), "an unknown service action: " + said);
  cluster.scene.unload();
}

// REGISTER AND MOVE: a longer parameter list, which goes to the target as its sender wrote it.
void moved_to_the_other_host(const std::string& driver) {
  Cluster cluster(driver, 2);
  cluster.they({.service_action_key = kTheirKey});
  cluster.must_register();
  cluster.must({.action = ReserveOutAction::reserve, .key = kOurKey, .type = kShared});
  const scsi::Isid isid = {0x80, 0, 0, 0, 0, 0};
  std::vector<uint8_t> name(scsi::kMaxTransportIdBytes);
  name.resize(scsi::encode_iscsi_transport_id(name, "iqn.2026-11.dev.dsmkit:other-host", &isid));
  std::vector<uint8_t> list(scsi::kReserveOutBytes + name.size());
  list.resize(scsi::encode_register_and_move(list, {.key = kOurKey,
                                                    .service_action_key = kTheirKey,
                                                    .relative_target_port = 1,
                                                    .transport_id = name}));
  const scsi::Cdb cdb =
      scsi::make_persistent_reserve_out({.action = ReserveOutAction::register_and_move,
                                         .type = kShared,
                                         .parameter_bytes = static_cast<uint32_t>(list.size())});
  cluster.scene.mpio.command(cluster.request, cdb, list);
  cluster.scene.mpio.run(cluster.request);
  expect_text(cluster.said(), "GOOD", "REGISTER AND MOVE");
  expect_equal(
      cluster.they({.action = ReserveOutAction::release, .key = kTheirKey, .type = kShared}),
      scsi::kGood, "their RELEASE");
  expect(cluster.reserved() == ReservationType::none, "it was theirs to release");
  cluster.scene.unload();
}

// One at a time: the second is told to come again.
void two_at_once(const std::string& driver) {
  Cluster cluster(driver, 2);
  Request second;
  const Wish wish{.service_action_key = kOurKey};
  cluster.scene.mpio.command(cluster.request, cdb_of(wish), list_of(wish));
  cluster.scene.mpio.command(second, cdb_of(wish), list_of(wish));
  cluster.scene.mpio.run(second);
  cluster.scene.mpio.run(cluster.request);
  expect_text(cluster.said(), "GOOD", "the first REGISTER");
  expect_equal(second.status, STATUS_DEVICE_BUSY, "the second");
  expect_equal(second.srb.SrbStatus, SRB_STATUS_BUSY, "the second's request block");
  cluster.scene.unload();
}

// The last path of the LUN goes while the command waits for its answer.
void removed_meanwhile(const std::string& driver) {
  constexpr uint64_t kSlowNs = 50 * base::kNsPerMs;
  for (const bool unplugged : {false, true}) {
    Cluster cluster(driver, 1);
    cluster.scene.device(0).set_latency(kSlowNs);
    struct Removal {
      void remove() {
        cluster.scene.device(0).unplug(unplugged);
        cluster.scene.mpio.remove(cluster.scene.device(0), false);
      }
      Cluster& cluster;
      bool unplugged;
      base::MemberTimer<&Removal::remove> timer{*this};
    } removal{cluster, unplugged};
    machine().clock.arm_after(removal.timer, kSlowNs / 2);
    expect_text(cluster.ask({.service_action_key = kOurKey}), unplugged ? "SRB status 08" : "GOOD",
                "REGISTER");
    machine().settle();
    cluster.scene.unload();
  }
}

// PERSISTENT RESERVE IN is true of the LUN down any path, and goes down one as reads do.
void questions(const std::string& driver) {
  Cluster cluster(driver, 2);
  cluster.must_register();
  Request& request = cluster.request;
  for (const bool lost : {false, true}) {
    cluster.scene.device(0).unplug(lost);
    for (const auto action :
         {scsi::ReserveInAction::read_keys, scsi::ReserveInAction::read_reservation,
          scsi::ReserveInAction::report_capabilities, scsi::ReserveInAction::read_full_status}) {
      cluster.scene.mpio.command(request, scsi::make_persistent_reserve_in(action, 512), {}, 512);
      cluster.scene.mpio.run(request);
      const RequestFields answer = fields_of(*request.block());
      expect_equal(*answer.scsi_status, scsi::kGood, scsi::name_of(action));
      if (action == scsi::ReserveInAction::read_full_status) {
        const auto header = scsi::decode_reserve_in_header({request.data.data(), 512});
        scsi::FullStatusWalk walk(base::Bytes(request.data.data() + 8, header->additional_bytes));
        expect_equal(walk.next()->key, kOurKey, "the first registration");
      }
    }
  }
  cluster.scene.unload();
}

// For every N: the N-th allocation fails while a command is handled. It works, or it fails; and
// what it is said to be is what the target knows.
void no_memory(const std::string& driver) {
  Cluster cluster(driver, 2);
  const Wish registers{.service_action_key = kOurKey};
  unsigned failed = 0;
  for (size_t n = 1;; ++n) {
    machine().pool.fail_at(machine().pool.allocations() + n);
    const std::string said = cluster.ask(registers);
    const bool was_short = machine().pool.has_failed();
    machine().pool.fail_at(0);
    machine().settle();
    const size_t keys = cluster.count(kOurKey);
    expect(said == "GOOD" ? keys != 0 : keys == 0,
           said + ", and " + std::to_string(keys) + " keys are registered");
    failed += said == "GOOD" ? 0 : 1;
    if (said == "GOOD") {
      cluster.must({.key = kOurKey});
    }
    machine().settle();
    expect_equal(cluster.count(kOurKey), 0U, "keys after unregistering");
    if (!was_short) {
      break;
    }
  }
  expect(failed >= 1, "a command that is handled allocates something");
  cluster.scene.unload();
}

constexpr Scenario kScenarios[] = {
    {"reservation-actions/holder-dies", holder_dies},
    {"reservation-actions/every-action", every_action},
    {"reservation-actions/moved-to-the-other-host", moved_to_the_other_host},
    {"reservation-actions/two-at-once", two_at_once},
    {"reservation-actions/removed-meanwhile", removed_meanwhile},
    {"reservation-actions/questions", questions},
    {"reservation-actions/no-memory", no_memory},
};

}  // namespace

std::span<const Scenario> reservation_action_scenarios() {
  return kScenarios;
}

}  // namespace harness
