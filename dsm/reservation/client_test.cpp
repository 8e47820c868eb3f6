// A client's PERSISTENT RESERVE OUT over several paths.
#include <gtest/gtest.h>

#include "dsm/testing/reserving_target.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace dsm::testing {
namespace {

using base::Code;
using scsi::ReservationType;
using scsi::ReserveOutAction;

constexpr auto kExclusive = ReservationType::write_exclusive;
constexpr auto kRegistrants = ReservationType::write_exclusive_registrants_only;
constexpr auto kAll = ReservationType::exclusive_access_all_registrants;

TEST(ReserveOut, RegistersOnEveryPath) {
  ReservingHost host(3);
  const OperationId id = host.register_key(kKey);
  EXPECT_EQ(host.next(3), (std::vector<NexusId>{1, 2, 3})) << "I/O goes on meanwhile";
  host.serve();
  EXPECT_EQ(host.told(id), "GOOD");
  EXPECT_EQ(host.keys, (Keys{{1, kKey}, {2, kKey}, {3, kKey}}));
  EXPECT_EQ(host.log, (Log{"1 REGISTER", "2 REGISTER AND IGNORE EXISTING KEY",
                           "3 REGISTER AND IGNORE EXISTING KEY"}));
  EXPECT_EQ(host.states(), "AO AO AO");
}

TEST(ReserveOut, AConflictOnTheFirstPathChangesNothing) {
  Registered host(2);
  const OperationId id = host.register_key(kOther, 0x999);
  host.serve();
  EXPECT_EQ(host.told(id), "CONFLICT");
  EXPECT_EQ(host.keys, (Keys{{1, kKey}, {2, kKey}}));
  EXPECT_EQ(host.count_sent(scsi::kPersistentReserveOut), 2U + 1U + 1U)
      << "and the path that showed it is looked at once";
  EXPECT_EQ(host.states(), "AO AO");
}

TEST(ReserveOut, AChangedKeyIsChangedOnEveryPath) {
  Registered host(2);
  const OperationId id = host.register_key(kOther, kKey);
  host.serve();
  EXPECT_EQ(host.told(id), "GOOD");
  EXPECT_EQ(host.keys, (Keys{{1, kOther}, {2, kOther}}));
}

TEST(ReserveOut, UnregisteringTakesItFromEveryPath) {
  Registered host(3);
  host.arrive(4);
  host.serve();
  const OperationId id = host.register_key(0, kKey);
  host.serve();
  EXPECT_EQ(host.told(id), "GOOD");
  EXPECT_TRUE(host.keys.empty());
  EXPECT_FALSE(host.lun().reservation_valid);
  EXPECT_EQ(host.states(), "AO AO AO AO") << "no key, no condition";
}

TEST(ReserveOut, NothingSentIsNoSuccess) {
  ReservingHost host(2);
  host.fail_path(1);
  host.fail_path(2);
  const OperationId id = host.register_key(kKey);
  EXPECT_EQ(host.code(id), Code::not_found);
  EXPECT_FALSE(host.lun().reservation_valid);
}

TEST(ReserveOut, APathThatRefusesIsReportedAndCarriesNothing) {
  ReservingHost host(3);
  const OperationId id = host.register_key(kKey);
  host.serve_one();
  host.answer_with_sense(host.take(), scsi::kIllegalRequest, 0x55, 0x04);  // path 2: no room
  host.serve();
  EXPECT_EQ(host.told(id), "5/55/04");
  EXPECT_EQ(host.states(), "AO NOREG AO");
  EXPECT_EQ(host.keys, (Keys{{1, kKey}, {3, kKey}}));
}

TEST(ReserveOut, APathThatDiesWhileRegisteringComesLater) {
  ReservingHost host(3);
  const OperationId id = host.register_key(kKey);
  host.serve_one();
  host.lose_answer(false);
  host.serve();
  EXPECT_EQ(host.told(id), "GOOD");
  EXPECT_EQ(host.states(), "AO FAILED AO");
  host.activate(2);
  EXPECT_EQ(host.states(), "AO NOREG AO");
  host.serve();
  EXPECT_EQ(host.states(), "AO AO AO");
  EXPECT_EQ(host.keys.size(), 3U);
}

TEST(ReserveOut, APathThatServesNobodyWhileRegisteringComesLater) {
  ReservingHost host(2);
  const OperationId id = host.register_key(kKey);
  host.serve_one();
  host.answer_with_sense(host.take(), scsi::kNotReady, 0x04, 0x0c);  // unavailable: no I/O either
  EXPECT_EQ(host.told(id), "GOOD");
  EXPECT_EQ(host.states(), "AO NOREG");
  host.advance_ms(10 * host.config.retry_pause_max_ms);
  host.serve();
  EXPECT_EQ(host.keys, (Keys{{1, kKey}, {2, kKey}}));
  EXPECT_EQ(host.states(), "AO AO");
}

TEST(ReserveOut, WhoRegistersAnewHasNoDoubtsLeft) {
  Registered host(2);
  host.fail_path(2);
  host.activate(2);  // in doubt: REGISTER is out
  const OperationId id = host.ask(ReserveOutAction::register_and_ignore_existing_key, 0, kOther);
  host.answer(host.take(), scsi::kBusy);  // the doubt waits; the client's command does not
  host.advance_ms(10 * host.config.retry_pause_max_ms);
  host.log.clear();
  host.serve();
  host.advance_ms(100 * host.config.retry_pause_max_ms);
  EXPECT_EQ(host.told(id), "GOOD");
  EXPECT_TRUE(host.sent.empty());
  EXPECT_EQ(host.keys, (Keys{{1, kOther}, {2, kOther}}));
  EXPECT_EQ(host.states(), "AO AO");
}

TEST(ReserveOut, TheFirstRefusalIsTheOneThatIsTold) {
  ReservingHost host(3);
  const OperationId id = host.register_key(kKey);
  host.serve_one();
  host.answer_with_sense(host.take(), scsi::kIllegalRequest, 0x55, 0x04);
  host.answer_with_sense(host.take(), scsi::kIllegalRequest, 0x26, 0x00);
  EXPECT_EQ(host.told(id), "5/55/04");
}

TEST(ReserveOut, WhenTheFirstPathDiesTheNextOneIsFirst) {
  ReservingHost host(2);
  const OperationId id = host.register_key(kKey);
  host.lose_answer(true);
  host.serve();
  EXPECT_EQ(host.told(id), "GOOD");
  EXPECT_EQ(host.log, (Log{"1 REGISTER", "2 REGISTER"}));
}

TEST(ReserveOut, AConflictAfterALostUnregistrationIsNoProofThatNothingHasChanged) {
  ReservingHost host(2);
  host.fail_path(2);
  host.register_key(kKey);
  host.serve();
  const OperationId id = host.ask(ReserveOutAction::register_key, kKey, 0);
  host.activate(2);
  host.lose_answer(true);
  host.serve();
  EXPECT_EQ(host.told(id), "the answer was lost, and another path is refused");
}

// We are registered by an earlier run, of which the DSM knows nothing.
TEST(ReserveOut, AConflictAfterALostClearIsNoProofThatNothingHasChanged) {
  ReservingHost host(2);
  host.keys = {{1, kKey}, {2, kKey}};
  const OperationId id = host.ask(ReserveOutAction::clear, kKey);
  host.lose_answer(true);
  host.serve();
  EXPECT_EQ(host.told(id), "the answer was lost, and another path is refused");
}

// The answer is what the last path was waited for.
TEST(ReserveOut, IsAnsweredThoughTheLunGoesWithItsAnswer) {
  ReservingHost host(1);
  const OperationId id = host.register_key(kKey);
  host.on(event::of_nexus(EventKind::nexus_removed, host.now, 1));
  host.serve();
  EXPECT_EQ(host.told(id), "GOOD");
  EXPECT_EQ(host.nexuses_held(), 0U);
}

TEST(ReserveOut, UnitAttentionsAreGoneThroughAtOnceAndTransitionsWithPauses) {
  ReservingHost host(1);
  const OperationId id = host.register_key(kKey);
  for (int i = 0; i < 5; ++i) {
    host.answer_with_sense(host.take(), scsi::kUnitAttention, 0x29, 0x00);
  }
  host.answer_with_sense(host.take(), scsi::kNotReady, 0x04, 0x0a);
  EXPECT_TRUE(host.sent.empty()) << "a pause";
  host.advance_ms(host.config.retry_pause_ms);
  ASSERT_FALSE(host.sent.empty());
  host.answer(host.take(), scsi::kBusy);
  host.advance_ms(2 * host.config.retry_pause_ms);
  host.serve();
  EXPECT_EQ(host.told(id), "GOOD");
}

TEST(ReserveOut, ATransitionWithoutEndIsGivenUpInTime) {
  ReservingHost host(1);
  const OperationId id = host.register_key(kKey);
  int commands = 0;
  for (uint64_t ms = 0; ms < 2 * host.config.reserve_retry_ms; ms += 10) {
    while (!host.sent.empty()) {
      ++commands;
      host.answer_with_sense(host.take(), scsi::kNotReady, 0x04, 0x0a);
    }
    host.advance_ms(10);
  }
  EXPECT_EQ(host.told(id), "2/04/0A");
  EXPECT_LT(commands, 20);
  EXPECT_GT(commands, 5);
}

TEST(ReserveOut, APathInTransitionForTooLongLeavesTheCommandToTheNext) {
  for (const auto action : {ReserveOutAction::reserve, ReserveOutAction::preempt_and_abort}) {
    Registered host(2);
    host.keys[100] = kOther;
    const OperationId id = host.ask(action, kKey, kOther, kRegistrants);
    for (uint64_t ms = 0; ms < 2 * host.config.reserve_retry_ms && !host.ended(id); ms += 10) {
      while (!host.sent.empty()) {
        if (host.sent.front().nexus == 1) {
          host.answer_with_sense(host.take(), scsi::kNotReady, 0x04, 0x0a);
        } else {
          host.serve_one();
        }
      }
      host.advance_ms(10);
    }
    EXPECT_EQ(host.told(id), action == ReserveOutAction::reserve ? "GOOD" : "2/04/0A");
  }
}

TEST(ReserveOut, UnitAttentionsWithoutEndArePacedToo) {
  ReservingHost host(1);
  const OperationId id = host.register_key(kKey);
  int commands = 0;
  for (uint64_t ms = 0; ms < 2 * host.config.reserve_retry_ms; ms += 10) {
    for (; !host.sent.empty(); ++commands) {
      ASSERT_LT(commands, 200);
      host.answer_with_sense(host.take(), scsi::kUnitAttention, 0x29, 0x00);
    }
    host.advance_ms(10);
  }
  EXPECT_EQ(host.told(id), "6/29/00");
}

TEST(ReserveOut, ABusyPathDoesNotHoldUpTheOthers) {
  ReservingHost host(3);
  const OperationId id = host.register_key(kKey);
  host.serve_one();
  host.answer(host.take(), scsi::kTaskSetFull);  // path 2
  host.serve();                                  // path 3
  EXPECT_EQ(host.keys, (Keys{{1, kKey}, {3, kKey}}));
  EXPECT_FALSE(host.ended(id));
  host.advance_ms(host.config.retry_pause_ms);
  host.serve();
  EXPECT_EQ(host.told(id), "GOOD");
  EXPECT_EQ(host.keys.size(), 3U);
}

TEST(ReserveOut, OneAtATime) {
  ReservingHost host(1);
  const OperationId first = host.register_key(kKey);
  const OperationId second = host.register_key(kOther);
  EXPECT_EQ(host.code(second), Code::conflict);
  host.serve();
  EXPECT_EQ(host.told(first), "GOOD");
}

TEST(ReserveOut, ACancelledOneEndsAndWhatWasBegunIsFinished) {
  ReservingHost host(2);
  const OperationId id = host.register_key(kKey);
  Operation operation;
  operation.id = id;
  operation.lun = host.lun().id;
  host.on(event::cancel(host.now, operation));
  EXPECT_EQ(host.code(id), Code::cancelled);
  host.serve();
  EXPECT_EQ(host.keys, (Keys{{1, kKey}, {2, kKey}}));
  EXPECT_TRUE(host.lun().reservation_valid) << "the target knows it, so must we";
}

TEST(ReserveOut, TheLastPathsRemovalEndsIt) {
  ReservingHost host(1);
  const OperationId id = host.register_key(kKey);
  host.on(event::of_nexus(EventKind::nexus_removed, host.now, 1));
  host.on(event::of_path(EventKind::path_removed, host.now, 1));
  host.lose(host.take());
  EXPECT_EQ(host.code(id), Code::not_found);
  EXPECT_EQ(host.storage_held(), 0U);
}

// --- the reservation

TEST(Reserve, ForRegistrantsLeavesEveryPathInUse) {
  Registered host(2);
  EXPECT_EQ(host.done(ReserveOutAction::reserve, kRegistrants), "GOOD");
  EXPECT_EQ(host.states(), "AO AO");
  EXPECT_EQ(host.log, (Log{"1 RESERVE"}));
}

TEST(Reserve, AnExclusiveOneLeavesItsHolderInUse) {
  Registered host(3);
  EXPECT_EQ(host.done(ReserveOutAction::reserve, kExclusive), "GOOD");
  EXPECT_EQ(host.states(), "AO NOREG NOREG");
  EXPECT_EQ(host.next(3), (std::vector<NexusId>{1, 1, 1}));
  EXPECT_EQ(host.done(ReserveOutAction::release, kExclusive), "GOOD");
  EXPECT_EQ(host.states(), "AO AO AO");
}

TEST(Reserve, ForAllRegistrantsHasNoHolder) {
  Registered host(2);
  EXPECT_EQ(host.done(ReserveOutAction::reserve, kAll), "GOOD");
  host.fail_path(1);
  EXPECT_EQ(host.done(ReserveOutAction::release, kAll), "GOOD");
  EXPECT_EQ(host.type, ReservationType::none);
}

TEST(Reserve, AConflictIsTheLastWord) {
  Registered host(3);
  host.keys[100] = kOther;
  host.other_host(100, ReserveOutAction::reserve, kOther, 0, kExclusive);
  EXPECT_EQ(host.done(ReserveOutAction::reserve, kExclusive), "CONFLICT");
  EXPECT_EQ(std::count(host.log.begin(), host.log.end(), "2 RESERVE"), 0) << "not tried elsewhere";
  EXPECT_EQ(host.states(), "AO AO AO");
}

TEST(Reserve, AgainGoesDownTheHoldersPath) {
  Registered host(2);
  host.done(ReserveOutAction::reserve, kRegistrants);
  host.holder = 1;
  host.on(event::of_path(EventKind::path_suspect, host.now, 1));
  EXPECT_EQ(host.done(ReserveOutAction::reserve, kRegistrants), "GOOD");
  EXPECT_EQ(host.log.back(), "1 RESERVE") << "on any other path it would be a conflict";
}

TEST(Reserve, ReleasedWithTheHolderDownItIsTakenOverFirst) {
  Registered host(3);
  host.done(ReserveOutAction::reserve, kRegistrants);
  host.fail_path(1);
  host.log.clear();
  EXPECT_EQ(host.done(ReserveOutAction::release, kRegistrants), "GOOD");
  EXPECT_EQ(host.type, ReservationType::none) << "RELEASE on another path would change nothing";
  EXPECT_EQ(host.log[0], "2 READ RESERVATION");
  EXPECT_EQ(host.log[1], "2 PREEMPT");
  EXPECT_EQ(host.log[2], "2 RELEASE");
  EXPECT_EQ(host.states(), "FAILED AO AO");
  EXPECT_EQ(host.keys, (Keys{{2, kKey}, {3, kKey}})) << "and 3 has been registered again";
}

TEST(Reserve, ReleasedWithTheHolderInTransitionForTooLongItIsTakenOverFirst) {
  Registered host(2);
  host.done(ReserveOutAction::reserve, kRegistrants);
  const OperationId id = host.ask(ReserveOutAction::release, kKey, 0, kRegistrants);
  while (!host.sent.empty() && host.sent.front().nexus == 1) {
    host.answer_with_sense(host.take(), scsi::kNotReady, 0x04, 0x0a);
    host.advance_ms(host.config.retry_pause_max_ms);
  }
  host.serve();
  EXPECT_EQ(host.told(id), "GOOD");
  EXPECT_EQ(host.type, ReservationType::none);
}

// A single path would tell; on another path than the holder's RELEASE of any type is GOOD.
TEST(Reserve, ReleasedAsTheWrongTypeWithTheHolderDownItIsNotSaidToBeReleased) {
  for (const bool loses_answer : {false, true}) {
    Registered host(2);
    host.done(ReserveOutAction::reserve, kRegistrants);
    OperationId id = 0;
    if (loses_answer) {
      id = host.ask(ReserveOutAction::release, kKey, 0, kExclusive);
      host.lose_answer();
    } else {
      host.fail_path(1);
      id = host.ask(ReserveOutAction::release, kKey, 0, kExclusive);
    }
    host.serve();
    EXPECT_EQ(host.told(id), "5/26/04");
    EXPECT_EQ(host.type, kRegistrants);
    EXPECT_EQ(host.holder, 2U);
  }
}

TEST(Reserve, ReservedAgainWithTheHolderDownItIsTakenOver) {
  Registered host(2);
  host.done(ReserveOutAction::reserve, kRegistrants);
  host.fail_path(1);
  EXPECT_EQ(host.done(ReserveOutAction::reserve, kRegistrants), "GOOD");
  EXPECT_EQ(host.holder, 2U);
}

TEST(Reserve, ALostAnswerIsAskedAfter) {
  for (const bool executed : {true, false}) {
    Registered host(2);
    const OperationId id = host.ask(ReserveOutAction::reserve, kKey, 0, kExclusive);
    host.lose_answer(executed);
    host.serve();
    EXPECT_EQ(host.told(id), "GOOD") << executed;
    EXPECT_EQ(host.holder, 2U);
    EXPECT_EQ(host.states(), "FAILED AO");
  }
}

TEST(Reserve, ALostAnswerDoesNotTakeWhatAnotherHostHolds) {
  Registered host(2);
  host.keys[100] = kOther;
  const OperationId id = host.ask(ReserveOutAction::reserve, kKey, 0, kRegistrants);
  host.lose_answer(false);
  host.other_host(100, ReserveOutAction::reserve, kOther, 0, kRegistrants);
  host.serve();
  EXPECT_EQ(host.told(id), "CONFLICT");
  EXPECT_TRUE(host.is_held_by(100));
  EXPECT_EQ(host.log, (Log{"2 READ RESERVATION", "2 RESERVE", "2 REGISTER"}))
      << "of the same type, but not ours; and after a conflict the path is looked at";
}

TEST(Reserve, WhatWasNeverSentNeedNotBeAskedAfter) {
  Registered host(2);
  const OperationId id = host.ask(ReserveOutAction::reserve, kKey, 0, kExclusive);
  host.lose(host.take(), TransportOutcome::not_sent);
  host.serve();
  EXPECT_EQ(host.told(id), "GOOD");
  EXPECT_EQ(host.log.front(), "2 RESERVE");
}

TEST(Reserve, WhatTheTargetAbortedIsSentAgain) {
  Registered host(2);
  const OperationId id = host.ask(ReserveOutAction::reserve, kKey, 0, kExclusive);
  host.answer_with_sense(host.take(), scsi::kAbortedCommand, 0x47, 0x03);
  host.advance_ms(host.config.retry_pause_ms);
  host.serve();
  EXPECT_EQ(host.told(id), "GOOD");
  EXPECT_EQ(host.log, (Log{"1 RESERVE"}));
}

TEST(Release, ALostAnswerIsAskedAfter) {
  for (const bool executed : {true, false}) {
    Registered host(2);
    host.done(ReserveOutAction::reserve, kRegistrants);
    const OperationId id = host.ask(ReserveOutAction::release, kKey, 0, kRegistrants);
    host.lose_answer(executed);
    host.serve();
    EXPECT_EQ(host.told(id), "GOOD") << executed;
    EXPECT_EQ(host.type, ReservationType::none) << executed;
  }
}

TEST(Clear, ForgetsEverything) {
  Registered host(2);
  host.done(ReserveOutAction::reserve, kExclusive);
  EXPECT_EQ(host.done(ReserveOutAction::clear), "GOOD");
  EXPECT_FALSE(host.lun().reservation_valid);
  EXPECT_EQ(host.states(), "AO AO");
}

TEST(Clear, ALostAnswerIsAskedAfter) {
  for (const bool executed : {true, false}) {
    Registered host(2);
    const OperationId id = host.ask(ReserveOutAction::clear, kKey);
    host.lose_answer(executed);
    host.serve();
    EXPECT_EQ(host.told(id), "GOOD") << executed << ": a second CLEAR alone would be a conflict";
    EXPECT_TRUE(host.keys.empty());
  }
}

TEST(Preempt, TakesTheReservationOfAnother) {
  for (const auto action : {ReserveOutAction::preempt, ReserveOutAction::preempt_and_abort}) {
    Registered host(2);
    host.keys[100] = kOther;
    host.other_host(100, ReserveOutAction::reserve, kOther, 0, kExclusive);
    EXPECT_EQ(host.done(action, kExclusive, kOther), "GOOD");
    EXPECT_EQ(host.holder, 1U);
    EXPECT_EQ(host.states(), "AO NOREG") << "it is ours, on this path";
  }
}

TEST(Preempt, OfSomebodyWithoutAReservationLeavesOursWhereItIs) {
  Registered host(2);
  host.keys[100] = kOther;
  host.done(ReserveOutAction::reserve, kRegistrants);
  EXPECT_EQ(host.done(ReserveOutAction::preempt, kRegistrants, kOther), "GOOD");
  EXPECT_EQ(host.keys.size(), 2U);
  EXPECT_EQ(host.lun().reservation.holder, 1U);
  EXPECT_EQ(host.lun().reservation.type, kRegistrants);
}

TEST(Preempt, OfSomebodyWhileAThirdHoldsIsNotOurReservation) {
  Registered host(2);
  host.keys[100] = kOther;
  host.keys[101] = 0xca7;
  host.other_host(101, ReserveOutAction::reserve, 0xca7, 0, kRegistrants);
  EXPECT_EQ(host.done(ReserveOutAction::preempt, kRegistrants, kOther), "GOOD");
  EXPECT_EQ(host.lun().reservation.type, ReservationType::none);
  EXPECT_EQ(host.states(), "AO AO");
}

TEST(Preempt, OfOurOwnKeyRegistersTheOtherPathsAgain) {
  Registered host(3);
  host.done(ReserveOutAction::reserve, kRegistrants);
  EXPECT_EQ(host.done(ReserveOutAction::preempt, kRegistrants, kKey), "GOOD");
  EXPECT_EQ(host.keys.size(), 3U);
  EXPECT_EQ(host.states(), "AO AO AO");
}

TEST(Preempt, ALostAnswerIsAskedAfter) {
  for (const bool executed : {true, false}) {
    Registered host(2);
    host.keys[100] = kOther;
    host.other_host(100, ReserveOutAction::reserve, kOther, 0, kRegistrants);
    const OperationId id = host.ask(ReserveOutAction::preempt, kKey, kOther, kRegistrants);
    host.lose_answer(executed);
    host.serve();
    EXPECT_EQ(host.told(id), "GOOD") << executed;
    EXPECT_FALSE(host.keys.contains(100));
    EXPECT_EQ(host.lun().reservation.type, kRegistrants);
  }
}

TEST(Preempt, ALostAnswerAboutAllRegistrantsIsAskedAfter) {
  for (const bool executed : {true, false}) {
    Registered host(2);
    host.keys[100] = kOther;
    host.other_host(100, ReserveOutAction::reserve, kOther, 0, kAll);
    const OperationId id = host.ask(ReserveOutAction::preempt, kKey, 0, kRegistrants);
    host.lose_answer(executed);
    host.log.clear();
    host.serve();
    EXPECT_EQ(host.told(id), "GOOD") << executed;
    EXPECT_EQ(host.log.front(), "2 READ RESERVATION") << "no key is named that could be looked for";
    EXPECT_EQ(host.type, kRegistrants);
    EXPECT_EQ(host.holder, 2U);
  }
}

TEST(ReserveOut, WithNobodyLeftToAskALostAnswerIsAnError) {
  Registered host(1);
  const OperationId id = host.ask(ReserveOutAction::clear, kKey);
  host.lose_answer(true);
  EXPECT_EQ(host.code(id), Code::io_error);
}

TEST(RegisterAndMove, SendsTheClientsOwnListAndLetsGo) {
  Registered host(2);
  host.done(ReserveOutAction::reserve, kRegistrants);
  Operation operation;
  operation.kind = OperationKind::reserve_out;
  operation.lun = host.lun().id;
  operation.reserve = {.action = ReserveOutAction::register_and_move,
                       .type = kRegistrants,
                       .key = kKey,
                       .service_action_key = kOther,
                       .has_more = true,
                       .parameter_bytes = 64};
  for (const bool unregisters : {false, true}) {
    operation.reserve.unregisters = unregisters;
    const OperationId id = host.start(operation);
    const SentCommand command = host.take();
    EXPECT_EQ(command.send.data_of_operation, id);
    EXPECT_EQ(base::load_be32(&command.send.cdb.bytes[5]), 64U);
    EXPECT_EQ(command.nexus, 1U) << "the holder's path";
    host.answer(command, scsi::kGood);
    host.serve();
    EXPECT_EQ(host.told(id), "GOOD");
    EXPECT_EQ(host.lun().reservation.type, ReservationType::none);
    EXPECT_EQ(host.lun().reservation_valid, !unregisters);
    host.lun();
    if (!unregisters) {
      host.done(ReserveOutAction::reserve, kRegistrants);
    }
  }
}

}  // namespace
}  // namespace dsm::testing
