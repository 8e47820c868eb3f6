// Answers that never came, and paths that leave with them: what the DSM must not forget of the
// commands that may have been executed.
#include <gtest/gtest.h>

#include "dsm/testing/reserving_target.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace dsm::testing {
namespace {

using scsi::ReservationType;
using scsi::ReserveOutAction;

constexpr auto kExclusive = ReservationType::write_exclusive;
constexpr auto kRegistrants = ReservationType::write_exclusive_registrants_only;

// A port driver says so of what was under way, too, when nobody has been there for long enough.
TEST(LostAnswer, NobodyThereMayHaveExecutedIt) {
  Registered host(2);
  const OperationId id = host.ask(ReserveOutAction::clear, kKey);
  host.lose_answer(true, TransportOutcome::no_device);
  host.serve();
  EXPECT_EQ(host.told(id), "GOOD") << "a second CLEAR would be a conflict";
  EXPECT_EQ(host.log, (Log{"1 CLEAR", "2 READ KEYS"}));
}

TEST(LostAnswer, ARegistrationOfSeveralPathsThatLeaveIsNotForgotten) {
  for (const NexusId executed : {1U, 2U}) {
    ReservingHost host(3);
    host.register_key(kKey);
    host.lose_answer(executed == 1, TransportOutcome::no_device);
    host.lose_answer(executed == 2, TransportOutcome::silent);
    host.leave(executed);
    host.serve();
    EXPECT_EQ(host.keys, (Keys{{executed, kKey}, {3, kKey}}));
    host.register_key(0, kKey);
    host.serve();
    EXPECT_EQ(host.keys, (Keys{{executed, kKey}}));
    host.arrive_as(4, executed);
    host.activate(4);
    host.serve();
    EXPECT_EQ(host.keys, Keys{});
  }
}

TEST(LostAnswer, ARegistrationIsNotForgottenWithTheKeyBeforeIt) {
  Registered host(2);
  host.fail_path(2);
  host.ask(ReserveOutAction::register_and_ignore_existing_key, 0, kOther);
  host.lose_answer(true, TransportOutcome::no_device);
  host.keys.erase(2);
  host.activate(2);
  host.serve();
  EXPECT_FALSE(host.lun().reservation_valid) << "our key is nowhere: thrown out";
  host.leave(1);
  host.ask(ReserveOutAction::register_and_ignore_existing_key, 0, 0);
  host.serve();
  EXPECT_EQ(host.keys, (Keys{{1, kOther}}));
  host.arrive_as(3, 1);
  host.activate(3);
  host.serve();
  EXPECT_EQ(host.keys, Keys{});
}

// Two answers to RESERVE are lost, and there is nobody to ask. One of the two may hold it.
TEST(LostAnswer, AReservationThatNobodyWasToldOfIsReleased) {
  for (const bool wrong_type : {false, true}) {
    Registered host(2);
    const OperationId id = host.ask(ReserveOutAction::reserve, kKey, 0, kRegistrants);
    host.lose_answer(true);
    host.lose_answer(false);
    EXPECT_EQ(host.code(id), base::Code::io_error);
    host.activate(2);
    host.serve();
    EXPECT_EQ(host.done(ReserveOutAction::release, wrong_type ? kExclusive : kRegistrants),
              wrong_type ? "5/26/04" : "GOOD");
    EXPECT_EQ(host.type, wrong_type ? kRegistrants : ReservationType::none);
  }
}

TEST(LostAnswer, AReservationThatNobodyWasToldOfIsReservedAgain) {
  Registered host(2);
  host.ask(ReserveOutAction::reserve, kKey, 0, kRegistrants);
  host.lose_answer(true);
  host.lose_answer(false);
  host.activate(2);
  host.serve();
  EXPECT_EQ(host.done(ReserveOutAction::reserve, kRegistrants), "GOOD");
  EXPECT_EQ(host.holder, 2U);
  host.activate(1);
  host.serve();
  EXPECT_EQ(host.keys, (Keys{{1, kKey}, {2, kKey}}));
  host.log.clear();
  EXPECT_EQ(host.done(ReserveOutAction::release, kRegistrants), "GOOD");
  EXPECT_EQ(host.log, (Log{"2 RELEASE"})) << "no doubt any more";
}

TEST(LostAnswer, APreemptionMayHaveTakenTheReservationToo) {
  Registered host(2);
  host.keys[100] = kOther;
  host.other_host(100, ReserveOutAction::reserve, kOther, 0, kRegistrants);
  const OperationId id = host.ask(ReserveOutAction::preempt, kKey, kOther, kRegistrants);
  host.lose_answer(true);
  host.lose_answer(false);
  EXPECT_EQ(host.code(id), base::Code::io_error);
  EXPECT_EQ(host.holder, 1U);
  host.activate(2);
  host.serve();
  EXPECT_EQ(host.done(ReserveOutAction::release, kRegistrants), "GOOD");
  EXPECT_EQ(host.type, ReservationType::none);
}

// --- what is given up on a path that comes again, and what the client has been told since

struct CameAgain : Registered {
  CameAgain() : Registered(2) {
    leave(1);
    serve();
    arrive_as(3, 1);
    ask(ReserveOutAction::reserve, kKey, 0, kRegistrants);
    activate(3);  // to be unregistered as soon as nothing is under way
    fail_path(2);
  }
};

TEST(CameAgain, WhatIsReservedThereIsKept) {
  CameAgain host;
  EXPECT_EQ(host.sent.front().nexus, 2U);
  host.lose(host.take(), TransportOutcome::not_sent);
  host.serve();
  EXPECT_EQ(host.results.back().answer.scsi_status, scsi::kGood);
  EXPECT_EQ(host.holder, 3U);
  EXPECT_EQ(host.states(), "AO FAILED");
  host.activate(2);
  host.serve();
  EXPECT_EQ(host.holder, 3U) << "and when another is registered, too";
}

TEST(CameAgain, ItIsNotUnregisteredWhileNoOtherIsRegistered) {
  CameAgain host;
  host.keys.erase(2);  // not the only one that knows our key
  host.lose(host.take(), TransportOutcome::not_sent);
  host.answer(host.take(), scsi::kReservationConflict);
  host.serve();
  EXPECT_EQ(host.keys, (Keys{{3, kKey}}));
  EXPECT_TRUE(host.lun().reservation_valid);
}

// The path with the old key may have missed the new one, and whoever came again is the only one
// that has it.
TEST(CameAgain, ItCarriesNothingWhileItIsUnregistered) {
  Registered host(2);
  host.leave(1);
  host.arrive_as(3, 1);
  host.ask(ReserveOutAction::register_and_ignore_existing_key, 0, kOther);
  host.serve();
  EXPECT_EQ(host.keys, (Keys{{2, kOther}, {3, kOther}}));
  host.log.clear();
  host.activate(3);
  EXPECT_EQ(host.states(), "NOREG AO");
  host.serve();
  EXPECT_EQ(host.states(), "AO AO");
  EXPECT_EQ(host.log.front(), "3 REGISTER AND IGNORE EXISTING KEY");
  EXPECT_EQ(host.keys, (Keys{{2, kOther}, {3, kOther}}));
}

TEST(CameAgain, ARegistrationInDoubtIsNotThatOfAnother) {
  Registered host(2);
  host.register_key(kOther, kKey);
  host.serve_one();  // path 1
  host.lose(host.take(), TransportOutcome::silent);
  EXPECT_EQ(host.states(), "AO NOREG");
  host.answer_with_sense(host.take(), scsi::kNotReady, 0x04, 0x0c);  // path 2: REGISTER
  host.leave(1);
  host.arrive_as(3, 1);
  host.activate(3);
  host.advance_ms(10 * host.config.retry_pause_max_ms);
  host.serve();
  EXPECT_TRUE(host.lun().reservation_valid);
  EXPECT_EQ(host.keys, (Keys{{2, kOther}, {3, kOther}}));
}

TEST(CameAgain, ARegistrationThatIsLookedIntoIsNotThatOfAnother) {
  Registered host(2);
  host.leave(1);
  host.sense(2, scsi::kUnitAttention, 0x2a, 0x05);  // registrations preempted
  host.keys.erase(2);
  host.answer_with_sense(host.take(), scsi::kNotReady, 0x04, 0x0c);
  host.arrive_as(3, 1);
  host.activate(3);
  host.advance_ms(10 * host.config.retry_pause_max_ms);
  host.serve();
  EXPECT_TRUE(host.lun().reservation_valid);
  EXPECT_EQ(host.keys, (Keys{{2, kKey}, {3, kKey}}));
}

TEST(CameAgain, WhatItHeldForAllEndsWhenAnotherIsRegistered) {
  CameAgain host;
  host.holder = 3;  // since before it left
  host.type = kRegistrants;
  host.lose(host.take(), TransportOutcome::not_sent);
  host.answer(host.take(), scsi::kBusy);
  host.activate(2);
  host.serve();
  host.after_a_rest();
  EXPECT_EQ(host.keys, (Keys{{2, kKey}, {3, kKey}}));
}

TEST(CameAgain, ItsOwnRegistrationIsNotThatOfAnother) {
  Registered host(2);
  host.leave(1);
  host.fail_path(2);
  EXPECT_TRUE(host.add(3).ok());
  host.keys.clear();  // the array has lost its power
  const OperationId id = host.ask(ReserveOutAction::register_and_ignore_existing_key, 0, kOther);
  host.serve();
  EXPECT_EQ(host.told(id), "GOOD");
  host.activate(3);
  host.serve();
  EXPECT_EQ(host.keys, (Keys{{3, kOther}})) << "the only one that has the key";
}

// --- the DSM's own taking over

TEST(LostAnswer, AReservationThatWasTakenOverUnderANewKeyIsStillOurs) {
  Registered host(3);
  host.done(ReserveOutAction::reserve, kExclusive);
  host.register_key(kOther, kKey);
  host.lose_answer(false);  // down path 1, the holder's: it keeps the old key, which it holds with
  host.serve_one();         // path 2
  host.serve_one();         // path 3
  host.serve_one();         // READ RESERVATION
  host.lose_answer(true);   // PREEMPT of the old key
  EXPECT_EQ(host.holder, 2U);
  host.after_a_rest();
  host.after_a_rest();
  EXPECT_EQ(host.holder, 3U);
  EXPECT_EQ(host.states(), "FAILED FAILED AO");
}

// The client's RELEASE takes it over first, and no answer to that comes either. Whoever holds it
// then, it is ours.
struct TakenOverInVain : Registered {
  explicit TakenOverInVain(unsigned paths) : Registered(paths) {
    done(ReserveOutAction::reserve, kExclusive);
    register_key(kOther, kKey);
    lose_answer(false);  // down path 1, the holder's: it keeps the old key
    for (unsigned path = 2; path <= paths; ++path) {
      serve_one();
    }
    serve_one();         // READ RESERVATION
    lose_answer(false);  // PREEMPT by path 2
    release = ask(ReserveOutAction::release, kOther, 0, kExclusive);
    serve_one();         // READ RESERVATION
    lose_answer(false);  // PREEMPT by path 3
  }
  OperationId release = 0;
};

TEST(LostAnswer, ATakingOverThatWasLostIsTriedOnTheNextPath) {
  TakenOverInVain host(4);
  host.serve();
  EXPECT_EQ(host.told(host.release), "GOOD");
  EXPECT_EQ(host.type, ReservationType::none);
}

TEST(LostAnswer, ATakingOverThatWasLostIsBegunAgain) {
  TakenOverInVain host(3);
  EXPECT_EQ(host.code(host.release), base::Code::io_error);
  host.activate(3);
  host.after_a_rest();
  EXPECT_EQ(host.holder, 3U);
  EXPECT_EQ(host.states(), "FAILED FAILED AO");
}

}  // namespace
}  // namespace dsm::testing
