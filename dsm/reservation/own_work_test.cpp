// Paths that come, come back or fall into doubt while a key is registered; holders that die.
#include <gtest/gtest.h>

#include "dsm/testing/reserving_target.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace dsm::testing {
namespace {

using scsi::ReservationType;
using scsi::ReserveOutAction;

constexpr auto kExclusive = ReservationType::exclusive_access;
constexpr auto kRegistrants = ReservationType::exclusive_access_registrants_only;

void throw_out(ReservingHost& host) {
  host.keys[100] = kOther;
  host.other_host(100, ReserveOutAction::preempt, kOther, kKey, kRegistrants);
}

bool told_of_loss(const ReservingHost& host) {
  return std::any_of(host.reports.begin(), host.reports.end(), [](const Report& report) {
    return report.what == ReportWhat::registration_lost;
  });
}

TEST(Confirm, APathThatComesIsRegisteredBeforeItCarriesIo) {
  Registered host(2);
  host.arrive(3);
  EXPECT_EQ(host.states(), "AO AO NOREG");
  host.serve();
  EXPECT_EQ(host.states(), "AO AO AO");
  EXPECT_EQ(host.keys.size(), 3U);
  EXPECT_EQ(host.log, (Log{"3 REGISTER", "3 READ KEYS", "3 REGISTER AND IGNORE EXISTING KEY",
                           "3 READ KEYS"}));
}

// A device that was removed is let go of with its last answer, which may be what asks for the next
// command.
TEST(Confirm, APathThatLeavesMeanwhileIsNotAskedAgain) {
  Registered host(2);
  host.arrive(3);
  host.on(event::of_nexus(EventKind::nexus_removed, host.now, 3));
  host.arrive(4);
  host.serve();
  EXPECT_EQ(host.states(), "AO AO AO");
  EXPECT_EQ(host.log, (Log{"3 REGISTER", "4 REGISTER", "4 READ KEYS",
                           "4 REGISTER AND IGNORE EXISTING KEY", "4 READ KEYS"}));
}

TEST(Confirm, APathThatComesBackIsOnlyAskedForWhenItIsStillRegistered) {
  Registered host(2);
  host.fail_path(2);
  host.activate(2);
  EXPECT_EQ(host.states(), "AO NOREG");
  host.serve();
  EXPECT_EQ(host.states(), "AO AO");
  EXPECT_EQ(host.log, (Log{"2 REGISTER"}));
}

TEST(Confirm, KeepsAptpl) {
  ReservingHost host(1);
  host.register_for_good(kKey, 0);
  host.arrive(2);
  host.serve();
  EXPECT_TRUE(host.aptpl[1]);
  EXPECT_TRUE(host.aptpl[2]);
  host.fail_path(1);
  host.activate(1);
  host.serve();
  EXPECT_TRUE(host.aptpl[1]);
}

TEST(Confirm, AHostThatWasThrownOutWhileThePathWasDownStaysOut) {
  Registered host(2);
  host.fail_path(2);
  throw_out(host);
  host.activate(2);
  host.serve();
  EXPECT_EQ(host.keys, (Keys{{100, kOther}}));
  EXPECT_FALSE(host.lun().reservation_valid);
  EXPECT_TRUE(told_of_loss(host));
  EXPECT_EQ(host.states(), "AO AO") << "the target refuses what it must; nothing is hidden here";
  EXPECT_EQ(host.log, (Log{"2 REGISTER", "2 READ KEYS"})) << "not even for a moment is it in again";
}

TEST(Confirm, AllPathsDownAndBackWithTheRegistrationKept) {
  Registered host(2, kRegistrants);
  host.fail_path(1);
  host.fail_path(2);
  host.activate(2);
  host.activate(1);
  host.serve();
  EXPECT_EQ(host.states(), "AO AO");
}

// Between the look at the keys and the new registration another host throws us out.
TEST(Confirm, ThrownOutAtTheLastMomentTheRegistrationIsTakenBack) {
  Registered host(2);
  host.arrive(3);
  host.serve_one();  // REGISTER: conflict
  host.serve_one();  // READ KEYS: ours is there
  throw_out(host);
  host.serve();
  EXPECT_EQ(host.keys, (Keys{{100, kOther}}));
  EXPECT_FALSE(host.lun().reservation_valid);
  EXPECT_TRUE(told_of_loss(host));
}

TEST(Confirm, ACutAnswerIsNoProofOfBeingThrownOut) {
  Registered host(1);
  host.arrive(2);
  host.serve_one();
  const std::array<uint8_t, 8> promises_more{0, 0, 0, 1, 0, 0, 0, 16};
  host.answer(host.take(), scsi::kGood, {}, promises_more);
  EXPECT_TRUE(host.lun().reservation_valid);
  EXPECT_EQ(host.states(), "AO NOREG");
  host.advance_ms(uint64_t{5} * host.config.retry_pause_max_ms - 1);
  EXPECT_TRUE(host.sent.empty()) << "a rest after a failure";
  host.advance_ms(1);
  host.serve();
  EXPECT_EQ(host.states(), "AO AO") << "tried again after a while";
}

TEST(Confirm, APathThatComesBackWhileTheFirstRegistrationIsUnderWayIsNotForgotten) {
  ReservingHost host(3);
  host.fail_path(3);
  host.register_key(kKey);
  host.serve_one();  // down path 1; path 2 follows, path 3 is passed by
  host.activate(3);
  host.serve();
  EXPECT_EQ(host.states(), "AO AO AO");
  EXPECT_EQ(host.keys.size(), 3U);
}

TEST(Confirm, APathThatDiesMeanwhileIsLeft) {
  Registered host(1);
  host.arrive(2);
  host.lose_answer(false);
  EXPECT_EQ(host.states(), "AO FAILED");
  host.advance_ms(100'000);
  EXPECT_TRUE(host.sent.empty());
  host.activate(2);
  host.serve();
  EXPECT_EQ(host.states(), "AO AO");
}

TEST(Confirm, AClientsCommandWaitsForIt) {
  Registered host(1);
  host.arrive(2);
  const OperationId id = host.ask(ReserveOutAction::reserve, kKey, 0, kRegistrants);
  EXPECT_FALSE(host.ended(id));
  host.serve();
  EXPECT_EQ(host.told(id), "GOOD");
  EXPECT_EQ(host.states(), "AO AO");
}

TEST(Confirm, APathThatHasLeftLeavesNoDoubtToTheNextInItsPlace) {
  ReservingHost host(2);
  host.fail_path(2);
  host.register_key(kKey);
  host.serve();
  host.on(event::of_nexus(EventKind::nexus_removed, host.now, 2));
  EXPECT_TRUE(host.add(3).ok());
  EXPECT_TRUE(host.sent.empty()) << "not before it is activated";
}

// --- unregistering

TEST(Unregister, APathThatWasDownIsUnregisteredWhenItIsBack) {
  Registered host(3);
  host.fail_path(2);
  const OperationId id = host.ask(ReserveOutAction::register_key, kKey, 0);
  host.serve();
  EXPECT_EQ(host.told(id), "GOOD");
  EXPECT_EQ(host.keys, (Keys{{2, kKey}}));
  host.log.clear();
  host.activate(2);
  host.serve();
  EXPECT_EQ(host.keys, Keys{});
  EXPECT_EQ(host.log, (Log{"2 REGISTER AND IGNORE EXISTING KEY"}));
  host.fail_path(1);
  host.activate(1);
  host.serve();
  EXPECT_EQ(host.states(), "AO AO AO");
}

TEST(Unregister, APathThatComesBackInTheMidstIsNotForgotten) {
  Registered host(3);
  host.fail_path(2);
  host.register_key(0, kKey);
  host.serve_one();
  host.activate(2);
  host.serve();
  EXPECT_EQ(host.keys, Keys{});
}

TEST(Unregister, APathThatIsBackNoLongerRegisteredIsLeftAlone) {
  Registered host(2);
  host.fail_path(2);
  host.register_key(0, kKey);
  host.serve();
  throw_out(host);
  host.log.clear();
  host.activate(2);
  host.serve();
  EXPECT_EQ(host.keys, (Keys{{100, kOther}}));
  EXPECT_EQ(host.log, (Log{"2 REGISTER AND IGNORE EXISTING KEY"})) << "of none to none";
}

TEST(Unregister, APathThatHasLeftAndComesAgainToo) {
  Registered host(2);
  host.on(event::of_nexus(EventKind::nexus_removed, host.now, 2));
  host.serve();
  host.ask(ReserveOutAction::register_and_ignore_existing_key, 0, 0);
  host.serve();
  EXPECT_EQ(host.keys, (Keys{{2, kKey}}));
  host.arrive(3);
  host.keys = {{3, kKey}};  // the same port under another number
  host.serve();
  EXPECT_EQ(host.keys, Keys{});
}

TEST(Unregister, APathThatLeftWithALostRegisterAndComesAgainToo) {
  ReservingHost host(2);
  host.register_key(kKey);
  host.lose_answer(true);
  host.on(event::of_nexus(EventKind::nexus_removed, host.now, 1));
  host.serve();
  host.register_key(0, kKey);
  host.serve();
  EXPECT_EQ(host.keys, (Keys{{1, kKey}}));
  host.arrive(3);
  host.keys = {{3, kKey}};  // the same port under another number
  host.serve();
  EXPECT_EQ(host.keys, Keys{});
}

TEST(Unregister, IsTriedAgainWhereItWasNotAnsweredWell) {
  Registered host(2);
  host.ask(ReserveOutAction::register_key, kKey, 0);
  host.serve_one();
  host.answer_with_sense(host.take(), scsi::kNotReady, 0x04, 0x0c);
  EXPECT_EQ(host.keys, (Keys{{2, kKey}}));
  host.serve();
  EXPECT_EQ(host.keys, Keys{});
}

TEST(Unregister, KeepsAptpl) {
  ReservingHost host(2);
  host.register_for_good(kKey, 0);
  host.fail_path(2);
  host.register_for_good(0, kKey);
  host.aptpl.clear();
  host.activate(2);
  host.serve();
  EXPECT_TRUE(host.aptpl[2]);
}

TEST(Unregister, WhatAPathHeldEndsBeforeItIsRegisteredAnew) {
  Registered host(2, kRegistrants);
  host.fail_path(1);
  host.ask(ReserveOutAction::register_key, kKey, 0);
  host.serve();
  host.register_key(kOther);
  host.serve();
  EXPECT_EQ(host.holder, 1U);
  host.activate(1);
  host.serve();
  EXPECT_EQ(host.keys, (Keys{{1, kOther}, {2, kOther}}));
  EXPECT_EQ(host.type, ReservationType::none);
  EXPECT_EQ(host.states(), "AO AO");
}

TEST(Confirm, APathThatANewKeyHasPassedByIsRegisteredWithItLater) {
  Registered host(3);
  host.register_key(kOther, kKey);
  host.fail_path(3);
  host.serve();
  host.activate(3);
  host.serve();
  EXPECT_EQ(host.keys, (Keys{{1, kOther}, {2, kOther}, {3, kOther}}));
  EXPECT_EQ(host.states(), "AO AO AO");
}

TEST(Unregister, WhatAPathHeldThatHasLeftEndsBeforeItIsRegisteredAnew) {
  for (const uint64_t anew : {kKey, kOther}) {
    Registered host(2, kRegistrants);
    host.on(event::of_nexus(EventKind::nexus_removed, host.now, 1));
    host.ask(ReserveOutAction::register_key, kKey, 0);
    host.serve();
    host.register_key(anew);
    host.serve();
    host.arrive(3);
    host.keys[3] = host.keys[1];  // the same port under another number
    host.keys.erase(1);
    host.holder = 3;
    host.serve();
    EXPECT_EQ(host.keys, (Keys{{2, anew}, {3, anew}}));
    EXPECT_EQ(host.type, ReservationType::none);
    EXPECT_EQ(host.states(), "AO AO");
  }
}

TEST(Unregister, WhatAPathHeldThatComesAgainWhileTheClientRegistersEndsToo) {
  Registered host(3, kRegistrants);
  host.on(event::of_nexus(EventKind::nexus_removed, host.now, 1));
  host.ask(ReserveOutAction::register_key, kKey, 0);
  host.serve();
  host.register_key(kOther);
  host.serve_one();  // down path 2; path 3 follows
  host.arrive(4);
  host.keys[4] = host.keys[1];
  host.keys.erase(1);
  host.holder = 4;
  host.serve();
  EXPECT_EQ(host.keys, (Keys{{2, kOther}, {3, kOther}, {4, kOther}}));
  EXPECT_EQ(host.type, ReservationType::none);
  EXPECT_EQ(host.states(), "AO AO AO");
}

// Neither what it holds is given up, nor the only registration that shows that we are not out.
TEST(Unregister, APathThatHasLeftIsNotUnregisteredWhenItMayHoldWhatIsOurs) {
  Registered host(2, kRegistrants);
  host.on(event::of_nexus(EventKind::nexus_removed, host.now, 1));
  host.arrive(3);
  host.keys[3] = host.keys[1];
  host.keys.erase(1);
  host.holder = 3;
  host.serve();
  EXPECT_EQ(host.keys, (Keys{{2, kKey}, {3, kKey}}));
  EXPECT_EQ(host.holder, 3U);
}

TEST(Unregister, APathThatHasLeftIsNotUnregisteredWhenNoOtherIsRegistered) {
  Registered host(2);
  host.on(event::of_nexus(EventKind::nexus_removed, host.now, 1));
  host.fail_path(2);
  host.keys.erase(2);
  host.arrive(3);
  host.keys[3] = host.keys[1];
  host.keys.erase(1);
  host.serve();
  EXPECT_EQ(host.keys, (Keys{{3, kKey}}));
}

TEST(Unregister, IsOverWhenTheClientRegistersAnew) {
  Registered host(2);
  host.fail_path(2);
  host.ask(ReserveOutAction::register_key, kKey, 0);
  host.serve();
  host.register_key(kOther);
  host.serve();
  host.activate(2);
  host.serve();
  EXPECT_EQ(host.keys, (Keys{{1, kOther}, {2, kOther}}));
}

// --- doubt

TEST(Doubt, AUnitAttentionOfPreemptedRegistrationsIsLookedInto) {
  Registered host(2);
  throw_out(host);
  EXPECT_FALSE(host.sense(1, scsi::kUnitAttention, 0x2a, 0x05).failover);
  host.serve();
  EXPECT_FALSE(host.lun().reservation_valid);
  EXPECT_TRUE(told_of_loss(host));
}

TEST(Doubt, AConflictOfARegisteredPathIsTheClients) {
  Registered host(2);
  const Verdict verdict =
      host.error(1, {.scsi_status = scsi::kReservationConflict, .opcode = 0x2a, .is_rw = true});
  EXPECT_TRUE(verdict.give_back && verdict.advice == Advice::report);
  host.serve();
  EXPECT_TRUE(host.lun().reservation_valid) << "still registered, so somebody else's reservation";
  const Verdict next = host.error(1, {.scsi_status = scsi::kReservationConflict});
  EXPECT_TRUE(next.give_back);
  EXPECT_TRUE(host.sent.empty()) << "not looked into again for each of many";
}

TEST(Doubt, AConflictOfAnUnregisteredPathIsNot) {
  Registered host(2);
  host.arrive(3);
  const Verdict verdict = host.error(3, {.scsi_status = scsi::kReservationConflict});
  EXPECT_TRUE(verdict.retry && verdict.free);
  host.serve();
}

TEST(Doubt, WithoutAKeyAConflictIsTheClients) {
  ReservingHost host(2);
  EXPECT_TRUE(host.error(1, {.scsi_status = scsi::kReservationConflict}).give_back);
  EXPECT_TRUE(host.sense(1, scsi::kUnitAttention, 0x2a, 0x05).give_back);
  EXPECT_TRUE(host.sent.empty());
}

// --- a holder that dies

TEST(TakeOver, AnExclusiveReservationMovesToAnotherPath) {
  Registered host(3, kExclusive);
  host.fail_path(1);
  host.serve();
  EXPECT_EQ(host.holder, 2U);
  EXPECT_EQ(host.states(), "FAILED AO NOREG");
  EXPECT_EQ(host.next(), 2U);
  EXPECT_EQ(host.keys, (Keys{{2, kKey}, {3, kKey}}));
  host.activate(1);
  host.serve();
  EXPECT_EQ(host.states(), "NOREG AO NOREG") << "and stays there";
  EXPECT_EQ(host.keys.size(), 3U);
}

TEST(TakeOver, IoIsHeldMeanwhileAndTheHeirNamedAsSuccessor) {
  Registered host(3, kExclusive);
  const OperationId id = host.start({.kind = OperationKind::invalidate_path, .path = 1});
  EXPECT_EQ(host.result(id).successor, 2U) << "the reservation is on its way there";
  EXPECT_TRUE(host.throttled()) << "no path may carry I/O yet, which is not to fail for that";
  host.serve();
  EXPECT_FALSE(host.throttled());
  EXPECT_EQ(host.next(), 2U);
}

TEST(TakeOver, WithoutAPathNothingIsHeld) {
  Registered host(1, kExclusive);
  const OperationId id = host.start({.kind = OperationKind::invalidate_path, .path = 1});
  EXPECT_EQ(host.code(id), base::Code::not_found);
  EXPECT_FALSE(host.throttled());
}

TEST(TakeOver, ByAPathThatServesIfThereIsOne) {
  ReservingHost host(0);
  host.groups = {{1, scsi::AccessState::active_optimized},
                 {2, scsi::AccessState::standby},
                 {3, scsi::AccessState::active_nonoptimized}};
  for (const NexusId id : {1, 2, 3, 4}) {
    host.path(id, {.group = static_cast<uint16_t>(id == 4 ? 1 : id),
                   .support = AluaSupport::implicit_only});
  }
  host.register_key(kKey);
  host.serve();
  host.ask(ReserveOutAction::reserve, kKey, 0, kExclusive);
  host.serve();
  ASSERT_EQ(host.holder, 1U);
  host.fail_path(1);
  host.serve();
  EXPECT_EQ(host.holder, 4U) << "all I/O goes down the holder's path";
  host.fail_path(4);
  host.serve();
  EXPECT_EQ(host.holder, 3U);
}

// The array changes sides, and the holder's path serves nobody any more.
TEST(TakeOver, FromAPathThatStandsBy) {
  ReservingHost host(0);
  host.groups = {{1, scsi::AccessState::active_optimized}, {2, scsi::AccessState::standby}};
  for (const NexusId id : {1, 2}) {
    host.path(id, {.group = static_cast<uint16_t>(id), .support = AluaSupport::implicit_only});
  }
  host.register_key(kKey);
  host.serve();
  host.ask(ReserveOutAction::reserve, kKey, 0, kExclusive);
  host.serve();
  ASSERT_EQ(host.holder, 1U);
  host.groups = {{1, scsi::AccessState::standby}, {2, scsi::AccessState::standby}};
  host.sense(1, scsi::kUnitAttention, 0x2a, 0x06);
  host.serve();
  EXPECT_EQ(host.holder, 1U) << "nobody else would serve";
  host.groups[2] = scsi::AccessState::active_optimized;
  host.sense(1, scsi::kUnitAttention, 0x2a, 0x06);
  host.serve();
  EXPECT_EQ(host.holder, 2U);
  EXPECT_EQ(host.keys, (Keys{{1, kKey}, {2, kKey}})) << "the former holder is registered again";
}

// It had left with our key before the client gave that up, and is back in the middle of it.
TEST(Unregistering, ReachesAPathThatComesMeanwhile) {
  Registered host(3, kRegistrants);
  host.on(event::of_nexus(EventKind::nexus_removed, host.now, 3));
  host.register_key(0, kKey);
  host.serve_one();
  host.arrive(3);
  host.serve();
  EXPECT_EQ(host.keys, (Keys{}));
}

// What another host has taken is not ours to take over: PREEMPT would remove our own registrations.
TEST(TakeOver, OfWhatIsNotOursAnyMoreIsLeft) {
  Registered host(2, kExclusive);
  host.keys[100] = kOther;
  host.other_host(100, ReserveOutAction::preempt, kOther, kKey, kExclusive);
  host.register_key(kKey);
  host.serve();
  host.fail_path(1);
  host.serve();
  EXPECT_EQ(host.keys, (Keys{{1, kKey}, {2, kKey}, {100, kOther}}));
  EXPECT_EQ(host.holder, 100U);
  EXPECT_EQ(host.states(), "FAILED AO");
}

// The only path that was registered has reserved, and broke before it could say so.
TEST(TakeOver, OfAReservationWhoseAnswerWasLostByAPathYetToBeRegistered) {
  ReservingHost host(2);
  host.fail_path(2);
  host.register_key(kKey);
  host.serve();
  const OperationId id = host.ask(ReserveOutAction::reserve, kKey, 0, kExclusive);
  host.activate(2);
  host.lose_answer();
  host.serve();
  EXPECT_EQ(host.told(id), "GOOD");
  EXPECT_EQ(host.holder, 2U);
  EXPECT_EQ(host.states(), "FAILED AO");
}

TEST(TakeOver, AReleaseThatWasLostIsNotSaidToBeDone) {
  ReservingHost host(2);
  host.fail_path(2);
  host.register_key(kKey);
  host.serve();
  host.ask(ReserveOutAction::reserve, kKey, 0, kRegistrants);
  host.serve();
  const OperationId id = host.ask(ReserveOutAction::release, kKey, 0, kRegistrants);
  host.activate(2);
  host.lose_answer(false);
  host.serve();
  EXPECT_NE(host.told(id), "GOOD");
  const OperationId again = host.ask(ReserveOutAction::release, kKey, 0, kRegistrants);
  host.serve();
  EXPECT_EQ(host.told(again), "GOOD");
  EXPECT_EQ(host.type, ReservationType::none);
}

TEST(TakeOver, AClientsCommandWaitsForAPathToBeRegistered) {
  ReservingHost host(2);
  host.fail_path(2);
  host.register_key(kKey);
  host.serve();
  host.fail_path(1);
  host.activate(2);
  const OperationId id = host.ask(ReserveOutAction::reserve, kKey, 0, kExclusive);
  host.serve();
  EXPECT_EQ(host.told(id), "GOOD");
  EXPECT_EQ(host.holder, 2U);
}

// PREEMPT of the new key would find no holder with it, and take our own registrations away instead.
TEST(TakeOver, OfAHolderWhomTheNewKeyHasNotReached) {
  Registered host(3, kExclusive);
  host.register_key(kOther, kKey);
  host.lose_answer(false);  // down path 1
  host.serve();
  EXPECT_EQ(host.keys, (Keys{{2, kOther}, {3, kOther}}));
  EXPECT_EQ(host.holder, 2U);
  EXPECT_EQ(host.states(), "FAILED AO NOREG");
  host.activate(1);
  host.serve();
  EXPECT_EQ(host.keys, (Keys{{1, kOther}, {2, kOther}, {3, kOther}}));
}

TEST(TakeOver, OfAHostThatWasThrownOutIsRefused) {
  Registered host(2, kExclusive);
  throw_out(host);
  host.fail_path(1);
  host.serve();
  EXPECT_EQ(host.keys, (Keys{{100, kOther}}));
  EXPECT_FALSE(host.lun().reservation_valid);
}

TEST(TakeOver, NothingMovesForRegistrants) {
  Registered host(2, kRegistrants);
  host.fail_path(1);
  EXPECT_TRUE(host.sent.empty());
  EXPECT_EQ(host.states(), "FAILED AO");
}

TEST(TakeOver, WaitsForAPath) {
  Registered host(2, kExclusive);
  host.fail_path(2);
  host.fail_path(1);
  EXPECT_TRUE(host.sent.empty());
  host.activate(2);
  host.serve();
  EXPECT_EQ(host.holder, 2U);
  EXPECT_EQ(host.states(), "FAILED AO");
}

}  // namespace
}  // namespace dsm::testing
