// Acceptance: a client's PERSISTENT RESERVE OUT over the paths of a LUN, and which of them a
// registration leaves in use.
#include "dsm/testing/reserving_target.h"
#include "dsm/testing/scenario.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace dsm::testing {
namespace {

using scsi::ReservationType;
using scsi::ReserveOutAction;

constexpr uint64_t kKey = 0xa11ce;
constexpr uint64_t kOther = 0xb0b;
constexpr auto kExclusive = ReservationType::write_exclusive;

TEST(Acceptance, S20_ARegistrationThatOnePathRefusesFailsAndLeavesThatPathOut) {
  ReservingHost host(3);
  OperationId id = host.register_key(kKey);
  host.serve_one();
  ASSERT_EQ(host.sent.front().nexus, 2U);
  host.answer_with_sense(host.take(), scsi::kIllegalRequest, 0x55, 0x04);  // no room
  host.serve();
  EXPECT_EQ(host.told(id), "5/55/04") << "the failure is the result";
  EXPECT_TRUE(host.lun().reservation_valid);
  EXPECT_EQ(host.lun().reservation.key, kKey) << "though the key is known";
  EXPECT_EQ(host.states(), "AO NOREG AO");
  EXPECT_EQ(host.next(4), (Nexuses{1, 3, 1, 3}));
  id = host.register_key(kKey, kKey);
  host.serve();
  EXPECT_EQ(host.told(id), "GOOD");
  EXPECT_EQ(host.keys[2], kKey);
  EXPECT_EQ(host.states(), "AO AO AO");
}

TEST(Acceptance, S21_APathThatWasNeverRegisteredDoesNotFailUnregistering) {
  ReservingHost host(3);
  host.register_key(kKey);
  host.serve_one();
  host.answer_with_sense(host.take(), scsi::kIllegalRequest, 0x55, 0x04);
  host.serve();
  ASSERT_EQ(host.states(), "AO NOREG AO");
  const OperationId id = host.register_key(0, kKey);
  while (!host.sent.empty()) {
    if (host.sent.front().nexus == 2) {
      host.answer(host.take(), scsi::kReservationConflict);
    } else {
      host.serve_one();
    }
  }
  EXPECT_EQ(host.told(id), "GOOD");
  EXPECT_TRUE(host.keys.empty());
  EXPECT_FALSE(host.lun().reservation_valid);
  EXPECT_EQ(host.lun().reservation.key, 0U);
  EXPECT_EQ(host.states(), "AO AO AO");
}

TEST(Acceptance, S22_AReservationWithoutAPathIsNoSuccess) {
  ReservingHost host(2);
  host.register_key(kKey);
  host.serve();
  const unsigned sent = host.count_sent(scsi::kPersistentReserveOut);
  host.fail_path(1);
  host.fail_path(2);
  const OperationId id = host.ask(ReserveOutAction::reserve, kKey, 0, kExclusive);
  EXPECT_EQ(host.code(id), base::Code::not_found);
  EXPECT_EQ(host.count_sent(scsi::kPersistentReserveOut), sent);
  EXPECT_EQ(host.lun().reservation.type, ReservationType::none);
}

TEST(Acceptance, S22_NorIsOneDownAPathThatIsNotRegistered) {
  ReservingHost host(1);
  host.keys[100] = kOther;
  const OperationId id = host.ask(ReserveOutAction::reserve, kKey, 0, kExclusive);
  host.serve();
  EXPECT_EQ(host.told(id), "CONFLICT");
  EXPECT_EQ(host.type, ReservationType::none);
  EXPECT_EQ(host.lun().reservation.type, ReservationType::none);
}

TEST(Acceptance, S23_UnitAttentionsAreGoneThroughOnTheSamePath) {
  for (const auto action : {ReserveOutAction::register_key, ReserveOutAction::reserve,
                            ReserveOutAction::preempt_and_abort}) {
    ReservingHost host(2);
    if (action != ReserveOutAction::register_key) {
      host.register_key(kKey);
      host.serve();
    }
    host.keys[100] = kOther;
    const uint64_t begun = host.now;
    host.log.clear();
    const OperationId id = action == ReserveOutAction::register_key
                               ? host.register_key(kKey)
                               : host.ask(action, kKey, kOther, kExclusive);
    for (int i = 0; i < 3; ++i) {
      ASSERT_FALSE(host.sent.empty()) << scsi::name_of(action);
      EXPECT_EQ(host.sent.front().nexus, 1U);
      host.answer_with_sense(host.take(), scsi::kUnitAttention, 0x2a, 0x04);
      host.advance_ms(500);
    }
    host.serve();
    EXPECT_EQ(host.told(id), "GOOD") << scsi::name_of(action);
    EXPECT_EQ(host.log.front(), std::string("1 ") + scsi::name_of(action));
    EXPECT_LT(host.now - begun, 3000 * kNsPerMs);
  }
}

struct ReservedPair : SymmetricPaths {
  ReservedPair() : SymmetricPaths(PolicyId::round_robin, 2) {
    set_key(true);
    set_registered(1, true);
  }
  void set_key(bool valid) {
    on(event::of_lun(EventKind::reservation_key, now, lun().id, valid ? 1 : 0));
  }
  void set_registered(NexusId id, bool yes) {
    on(event::of_nexus(EventKind::registered, now, id, yes ? 1 : 0));
  }
};

TEST(Acceptance, S24_APathThatArrivesWhileAKeyIsValidCarriesNothingUntilItIsRegistered) {
  ReservedPair host;
  host.set_registered(2, true);
  host.path(3, kSymmetric);
  EXPECT_EQ(host.states(), "AO AO NOREG");
  EXPECT_EQ(host.next(4), (Nexuses{1, 2, 1, 2}));
  host.set_registered(3, true);
  EXPECT_EQ(host.states(), "AO AO AO");
  EXPECT_EQ(host.next(3), (Nexuses{3, 1, 2}));
}

TEST(Acceptance, S24_OnlyRegisteredPathsTakeOver) {
  ReservedPair host;
  EXPECT_EQ(host.states(), "AO NOREG");
  host.fail_path(1);
  EXPECT_EQ(host.states(), "FAILED NOREG");
  EXPECT_EQ(host.next(), 0U) << "an unregistered path would only meet reservation conflicts";
  host.set_registered(2, true);
  EXPECT_EQ(host.next(2), (Nexuses{2, 2}));
}

TEST(Acceptance, S24_APathThatLosesItsRegistrationLeavesTheRotation) {
  ReservedPair host;
  host.set_registered(2, true);
  host.set_registered(1, false);
  EXPECT_EQ(host.states(), "NOREG AO");
  EXPECT_EQ(host.next(2), (Nexuses{2, 2}));
}

TEST(Acceptance, S24_TheAccessStatesAreKnownWhenTheRegistrationComes) {
  TestHost host;
  host.groups = {{1, scsi::AccessState::active_optimized}};
  ASSERT_TRUE(host.add(1, explicit_in(1)).ok());
  host.on(event::of_lun(EventKind::reservation_key, host.now, host.lun().id, 1));
  host.activate(1);
  EXPECT_EQ(host.states(), "NOREG");
  EXPECT_EQ(host.count_sent(kRtpg), 1U) << "which needs no registration";
  host.answer_all();
  host.on(event::of_nexus(EventKind::registered, host.now, 1, 1));
  EXPECT_EQ(host.states(), "AO");
}

TEST(Acceptance, S24_WithoutAKeyNobodyAsksForARegistration) {
  ReservedPair host;
  ASSERT_EQ(host.states(), "AO NOREG");
  host.set_key(false);
  EXPECT_EQ(host.states(), "AO AO");
  EXPECT_EQ(host.next(2), (Nexuses{1, 2}));
}

}  // namespace
}  // namespace dsm::testing
