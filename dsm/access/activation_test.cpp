// When the array is asked to change, how often when it refuses, and what is done where it cannot be
// asked.
#include <gtest/gtest.h>

#include <vector>

#include "dsm/testing/access_pair.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace dsm::testing {
namespace {

using scsi::AccessState;

constexpr PathSpec explicit_in(uint16_t group) {
  return {.group = group, .support = AluaSupport::explicit_only};
}

TEST(AccessActivation, ARefusalIsRepeatedEverLessOften) {
  struct Case {
    AccessState second;
    unsigned least, most;
  };
  for (const Case& row :
       {Case{AccessState::active_nonoptimized, 15, 30}, Case{AccessState::standby, 500, 700}}) {
    Pair host(row.second);
    host.refuse_stpg = true;
    host.fail_path(1);
    const auto times = host.answer_for(kTenMinutesMs, [&](const SentCommand& command) {
      host.sent.push_front(command);
      host.answer_all();
    });
    EXPECT_LE(host.stpgs(), row.most);
    EXPECT_GE(host.stpgs(), row.least) << "but it does not give up for ever";
    EXPECT_EQ(host.rtpgs(), host.stpgs()) << "each is followed by one look";
    host.refuse_stpg = false;
    host.advance_ms(31'000);
    host.answer_all();
    EXPECT_EQ(host.states(), "FAILED AO");
    expect_at_rest(host);
  }
}

TEST(AccessActivation, ARefusalIsRepeatedWhereOnlySuspectsServe) {
  Pair host;
  host.refuse_stpg = true;
  host.on(event::of_path(EventKind::path_suspect, host.now, 2));
  host.fail_path(1);
  host.answer_all();
  ASSERT_EQ(host.lun().plan.reason, PlanReason::suspects_only);
  ASSERT_EQ(host.stpgs(), 1U);
  host.advance_ms(31'000);
  EXPECT_EQ(host.stpgs(), 2U);
}

TEST(AccessActivation, APaceThatServedItsTimeDoesNotDelayTheNextFailover) {
  Pair host;
  host.refuse_stpg = true;
  host.fail_path(1);
  host.answer_all();
  host.activate(1);  // optimal again
  host.answer_all();
  host.refuse_stpg = false;
  const unsigned before = host.stpgs();
  host.fail_path(1);
  EXPECT_EQ(host.stpgs(), before + 1) << "at once";
}

TEST(AccessActivation, APaceEndsWhenTheArrayComesRoundByItself) {
  Pair host;
  host.groups[3] = AccessState::active_nonoptimized;
  host.path(3, explicit_in(3));
  host.refuse_stpg = true;
  host.fail_path(1);
  host.answer_all();
  host.groups[2] = AccessState::active_optimized;
  host.access_state_changed(2);
  host.answer_all();
  ASSERT_EQ(host.states(), "FAILED AO AU");
  const unsigned before = host.stpgs();
  host.fail_path(2);
  EXPECT_EQ(host.stpgs(), before + 1) << "a new failure is a new situation";
}

TEST(AccessActivation, CommandsAreNotHeldWhileAnotherPathServes) {
  Pair host;
  host.access_state_changed();
  EXPECT_TRUE(host.throttled());
  host.groups[1] = AccessState::active_nonoptimized;  // nothing is optimized any more
  host.answer_one();
  ASSERT_TRUE(host.sent.front().is_stpg());
  EXPECT_FALSE(host.throttled());
}

TEST(AccessActivation, ATimerThatIsLateIsNotForgotten) {
  Pair host;
  host.refuse_stpg = true;
  host.fail_path(1);
  host.answer_all();
  ASSERT_EQ(host.stpgs(), 1U);
  host.now += 60'000 * kNsPerMs;  // the host is slow: another event comes before the timer
  host.on(event::of_lun(EventKind::slot_idle, host.now, host.lun().id));
  host.advance_ms(0);
  EXPECT_EQ(host.stpgs(), 2U);
}

// The array came round by itself, but the path is suspect: nothing is left to ask for.
TEST(AccessActivation, APaceThatHasPassedSetsNoTimerAgain) {
  Pair host;
  host.refuse_stpg = true;
  host.on(event::of_path(EventKind::path_suspect, host.now, 2));
  host.fail_path(1);
  host.answer_all();
  host.groups[2] = AccessState::active_optimized;
  host.access_state_changed(2);
  host.answer_all();
  ASSERT_EQ(host.lun().plan.reason, PlanReason::suspects_only);
  host.now += 60'000 * kNsPerMs;
  host.on(event::of_lun(EventKind::timer, host.now, host.lun().id));
  EXPECT_EQ(host.lun().timer_due, 0U);
  EXPECT_TRUE(host.sent.empty());
}

TEST(AccessActivation, ALunWithoutAluaIsNeverAsked) {
  TestHost host;
  host.path(1);
  for (const uint8_t ascq : std::to_array<uint8_t>({0x06, 0x07})) {
    EXPECT_TRUE(host.sense(1, scsi::kUnitAttention, 0x2a, ascq).retry);
  }
  EXPECT_TRUE(host.sense(1, scsi::kNotReady, 0x04, 0x0a).retry);
  EXPECT_TRUE(host.sent.empty());
  EXPECT_FALSE(host.throttled());
}

TEST(AccessActivation, ALostStpgGoesDownAnotherPath) {
  Pair host;
  host.path(3, explicit_in(2));
  host.fail_path(1);
  const SentCommand first = host.take();
  ASSERT_TRUE(first.is_stpg());
  host.lose(first);
  const SentCommand second = host.take();
  EXPECT_TRUE(second.is_stpg());
  EXPECT_NE(second.nexus, first.nexus);
  host.lose(second);
  EXPECT_TRUE(host.sent.empty()) << "each path once, then a pause";
  host.advance_ms(31'000);
  host.answer_all();
  EXPECT_EQ(host.lun().plan.reason, PlanReason::optimal);
}

TEST(AccessActivation, APathThatDiesWhileItsGroupIsMadeActiveTakesNothingOver) {
  Pair host;
  host.path(3, explicit_in(2));
  host.fail_path(1);
  const SentCommand stpg = host.take();
  ASSERT_TRUE(stpg.is_stpg());
  ASSERT_EQ(stpg.nexus, 2U);
  host.fail_path(2);
  host.groups = {{1, AccessState::active_nonoptimized}, {2, AccessState::active_optimized}};
  host.answer(stpg, scsi::kGood);
  host.answer_all();
  EXPECT_EQ(host.states(), "FAILED FAILED AO");
  EXPECT_EQ(host.next(2), (std::vector<NexusId>{3, 3}));
  expect_at_rest(host);
}

TEST(AccessActivation, TheStatesAreReadDownThePathThatWasAskedToChangeThem) {
  Pair host;
  host.fail_path(1);
  host.answer(host.take(), scsi::kGood);
  EXPECT_TRUE(host.sent.front().is_rtpg());
  EXPECT_EQ(host.sent.front().nexus, 2U);
}

TEST(AccessActivation, AfterADetourTheStatesAreReadDownThePathThatCarriedTheStpg) {
  Pair host;
  host.path(3, explicit_in(2));
  host.fail_path(1);
  host.lose(host.take());
  const SentCommand stpg = host.take();
  ASSERT_TRUE(stpg.is_stpg());
  ASSERT_EQ(stpg.nexus, 3U);
  host.activate(1);  // the best carrier now, had it not been asked elsewhere
  host.answer(stpg, scsi::kGood);
  EXPECT_TRUE(host.sent.front().is_rtpg());
  EXPECT_EQ(host.sent.front().nexus, 3U);
}

// An error asks to hold the LUN while the states are read; here nobody can be asked.
TEST(AccessActivation, AnErrorThatCannotBeFollowedUpHoldsNothingLater) {
  Pair host;
  host.fail_path(1);
  host.fail_path(2);
  while (!host.sent.empty()) {
    host.lose(host.take());
  }
  host.access_state_changed();
  ASSERT_TRUE(host.sent.empty());
  host.activate(2);  // serves, while the array is asked to make it the best
  EXPECT_TRUE(host.sent.front().is_stpg());
  EXPECT_FALSE(host.throttled());
}

TEST(AccessActivation, AReturningPathOfThePreferredGroupIsMadeActiveAgain) {
  Pair host;
  host.preferred_groups[1] = true;
  host.fail_path(1);
  host.answer_all();
  EXPECT_EQ(host.states(), "FAILED AO");
  host.activate(1);
  EXPECT_EQ(host.sent.front().nexus, 1U);
  host.answer_all();
  EXPECT_EQ(host.states(), "AO AU");
  EXPECT_EQ(host.stpgs(), 2U);

  Pair without;
  without.fail_path(1);
  without.answer_all();
  without.activate(1);
  without.answer_all();
  EXPECT_EQ(without.states(), "AU AO") << "no preference, no fail-back";
  EXPECT_EQ(without.stpgs(), 1U);
}

// Else two hosts that share an array and prefer different sides of it would fight for ever.
TEST(AccessActivation, APathClaimsItsGroupWhenItReturnsAndNotAgainWhenItIsTakenAway) {
  Pair host;
  host.preferred_groups[1] = true;
  host.fail_path(1);
  host.answer_all();
  host.activate(1);
  host.answer_all();
  ASSERT_EQ(host.states(), "AO AU");
  const unsigned before = host.stpgs();
  host.groups = {{1, AccessState::active_nonoptimized}, {2, AccessState::active_optimized}};
  host.access_state_changed();
  host.answer_all();
  EXPECT_EQ(host.states(), "AU AO");
  EXPECT_EQ(host.stpgs(), before);
}

TEST(AccessActivation, FollowsAnRtpgThatWasOutWhenTheActivePathDied) {
  Pair host;
  host.access_state_changed();
  const SentCommand rtpg = host.take();
  ASSERT_EQ(rtpg.nexus, 1U);
  host.fail_path(1);
  EXPECT_EQ(host.stpgs(), 0U) << "one command at a time";
  host.lose(rtpg);
  ASSERT_EQ(host.sent.front().nexus, 2U);
  host.answer_all();
  EXPECT_EQ(host.stpgs(), 1U);
  EXPECT_EQ(host.states(), "FAILED AO");
  expect_at_rest(host);
}

TEST(AccessActivation, FollowsEvenWhenThatRtpgFailsEverywhere) {
  Pair host;
  host.access_state_changed();
  const SentCommand rtpg = host.take();
  host.fail_path(1);
  host.lose(rtpg);
  host.answer_with_sense(host.take(), scsi::kIllegalRequest, 0x25, 0x00);
  host.advance_ms(5000);
  host.answer_all();
  EXPECT_EQ(host.stpgs(), 1U);
  EXPECT_EQ(host.states(), "FAILED AO");
}

TEST(AccessActivation, StatesThatAreNotKnownAreReadBeforeAnythingIsAskedFor) {
  TestHost host;
  host.groups = {{1, AccessState::standby}};
  ASSERT_TRUE(host.add(1, explicit_in(1)).ok());
  host.activate(1);
  EXPECT_EQ(host.states(), "??");
  ASSERT_EQ(host.sent.size(), 1U);
  EXPECT_TRUE(host.sent.front().is_rtpg());
  host.answer_all();
  EXPECT_EQ(host.states(), "AO");
}

TEST(AccessImplicit, WithoutAnOptimizedPathTheStatesArePolled) {
  for (const AccessState second : {AccessState::active_nonoptimized, AccessState::standby}) {
    Pair host(second, AluaSupport::implicit_only);
    host.fail_path(1);
    const auto times = host.answer_for(kTenMinutesMs, [&](const SentCommand& command) {
      host.sent.push_front(command);
      host.answer_all();
    });
    EXPECT_EQ(host.stpgs(), 0U);
    EXPECT_EQ(times.front(), 0U);
    EXPECT_LE(times.size(), second == AccessState::standby ? 700U : 30U);
    EXPECT_GE(times.size(), 15U);
    host.groups = {{1, AccessState::standby}, {2, AccessState::active_optimized}};
    host.advance_ms(31'000);
    host.answer_all();
    EXPECT_EQ(host.states(), "FAILED AO");
    const unsigned before = host.rtpgs();
    host.advance_ms(kTenMinutesMs);
    EXPECT_EQ(host.rtpgs(), before) << "then no more";
  }
}

}  // namespace
}  // namespace dsm::testing
