// The pace and the deadline of access-state work, on virtual time.
#include <gtest/gtest.h>

#include <vector>

#include "dsm/testing/access_pair.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace dsm::testing {
namespace {

using scsi::AccessState;
using Data = std::vector<uint8_t>;

constexpr PathSpec explicit_in(uint16_t group) {
  return {.group = group, .support = AluaSupport::explicit_only};
}

TEST(AccessPace, ATransitionIsAskedAgainAtGrowingPausesUntilItIsDone) {
  Pair host;
  host.access_state_changed();
  const auto times = host.answer_for(5000, [&](const SentCommand& command) {
    EXPECT_EQ(command.send.data_in_capacity, kRtpgFirstBytes) << "each time";
    EXPECT_EQ(base::load_be32(&command.send.cdb.bytes[6]), kRtpgFirstBytes);
    host.answer_with_sense(command, scsi::kNotReady, 0x04, 0x0a);
  });
  const std::vector<uint64_t> first(times.begin(), times.begin() + 8);
  EXPECT_EQ(first, (std::vector<uint64_t>{0, 10, 30, 70, 150, 310, 630, 1270}));
  EXPECT_EQ(times.size(), 11U) << "then once a second";
  EXPECT_TRUE(host.throttled());
  host.groups = {{1, AccessState::active_nonoptimized}, {2, AccessState::active_optimized}};
  host.advance_ms(1000);
  host.answer_all();
  EXPECT_EQ(host.states(), "AU AO");
  expect_at_rest(host);
}

TEST(AccessPace, ATimerForSomethingElseDoesNotCutAPauseShort) {
  Pair host;
  host.access_state_changed();
  host.answer(host.take(), scsi::kBusy);  // again after 10 ms
  host.on(event::start(host.now, {.id = 70,
                                  .kind = OperationKind::refresh_access,
                                  .lun = host.lun().id,
                                  .deadline = host.now + 5 * kNsPerMs}));
  host.advance_ms(9);
  ASSERT_EQ(host.results.back().status.code(), base::Code::timed_out);
  EXPECT_TRUE(host.sent.empty());
  host.advance_ms(1);
  host.answer_all();
  expect_at_rest(host);
}

TEST(AccessPace, GivesUpAfterAMinute) {
  for (const auto& [status, key] :
       {std::pair{scsi::kCheckCondition, scsi::kUnitAttention},
        std::pair{scsi::kCheckCondition, scsi::kAbortedCommand},
        std::pair{scsi::kBusy, scsi::kNoSense}, std::pair{scsi::kTaskSetFull, scsi::kNoSense},
        std::pair{scsi::kTaskAborted, scsi::kNoSense}}) {
    Pair host;
    host.access_state_changed();
    const auto times = host.answer_for(2 * kTenMinutesMs,
                                       [&, status = status, key = key](const SentCommand& command) {
                                         host.answer(command, status, fixed_sense(key, 0x2a, 0x06));
                                       });
    EXPECT_LE(times.size(), 70U);
    EXPECT_GE(times.back(), 58'000U);
    EXPECT_LE(times.back(), 60'000U);
    EXPECT_TRUE(host.told(ReportWhat::gave_up));
    EXPECT_EQ(host.states(), "AO AU") << "what was known stays";
    expect_at_rest(host);
  }
}

TEST(AccessPace, AnAdapterWithoutRoomIsTriedAgainAfterAPause) {
  Pair host;
  host.access_state_changed();
  const SentCommand command = host.take();
  host.on(event::command_done(host.now, command.lun, command.nexus,
                              {.id = command.send.id, .outcome = TransportOutcome::busy}));
  EXPECT_TRUE(host.sent.empty());
  host.advance_ms(10);
  EXPECT_EQ(host.sent.front().nexus, command.nexus) << "the path is not to blame";
  host.answer_all();
  expect_at_rest(host);
}

TEST(AccessPace, TheTargetsOwnTransitionTimeIsTheLimit) {
  Pair host;
  host.lun().access.transition_time_s = 5;
  host.access_state_changed();
  const auto times = host.answer_for(kTenMinutesMs, [&](const SentCommand& command) {
    host.answer_with_sense(command, scsi::kNotReady, 0x04, 0x0a);
  });
  EXPECT_GE(times.back(), 5'000U);
  EXPECT_LE(times.back(), 6'000U);
  expect_at_rest(host);
}

TEST(AccessPace, ATransitionTimeOfMoreThanAMinuteIsNotBelieved) {
  Pair host;
  host.lun().access.transition_time_s = 255;
  host.access_state_changed();
  const auto times = host.answer_for(kTenMinutesMs, [&](const SentCommand& command) {
    host.answer_with_sense(command, scsi::kNotReady, 0x04, 0x0a);
  });
  EXPECT_GE(times.back(), 58'000U);
  EXPECT_LE(times.back(), 60'000U);
  expect_at_rest(host);
}

TEST(AccessPace, TheTransitionTimeIsReadFromTheExtendedHeader) {
  Pair host;
  host.access_state_changed();
  scsi::TargetPortGroups told;
  told.extended = true;
  told.implicit_transition_time_s = 9;
  for (const uint16_t id : {uint16_t{1}, uint16_t{2}}) {
    scsi::TargetPortGroup group;
    group.id = id;
    static_cast<void>(told.groups.push_back(group));
  }
  Data data(64);
  data.resize(scsi::encode_target_port_groups(data, told));
  host.answer(host.take(), scsi::kGood, {}, data);
  EXPECT_EQ(host.lun().access.transition_time_s, 9);
  EXPECT_EQ(host.states(), "AO AO");

  host.access_state_changed();
  host.answer_with_sense(host.take(), scsi::kIllegalRequest, 0x24, 0x00);
  host.answer_all();  // without the extended header
  EXPECT_EQ(host.lun().access.transition_time_s, 9) << "what is not told is not taken back";
}

// The target says TRANSITIONING in good answers, and nothing else serves: the LUN is held.
TEST(AccessPace, AReportedTransitionIsWatchedWhileNothingServes) {
  Pair host(AccessState::standby);
  host.groups = {{1, AccessState::transitioning}, {2, AccessState::transitioning}};
  host.access_state_changed();
  const auto times = host.answer_for(1000, [&](const SentCommand& command) {
    host.sent.push_front(command);
    host.answer_all();
  });
  EXPECT_LE(times.size(), 9U);
  EXPECT_GE(times.size(), 6U);
  EXPECT_TRUE(host.throttled()) << "commands would only be refused";
  EXPECT_EQ(host.stpgs(), 0U) << "it is on its way already";
  host.groups = {{1, AccessState::standby}, {2, AccessState::active_optimized}};
  host.advance_ms(1000);
  host.answer_all();
  EXPECT_EQ(host.states(), "SB AO");
  expect_at_rest(host);
}

TEST(AccessPace, AReportedTransitionIsNotWatchedWhileOthersServe) {
  Pair host;
  host.groups[2] = AccessState::transitioning;
  host.access_state_changed();
  host.answer_all();
  EXPECT_EQ(host.states(), "AO TR");
  expect_at_rest(host);
  host.advance_ms(kTenMinutesMs);
  EXPECT_EQ(host.rtpgs(), 1U) << "the array tells when it has arrived";
}

TEST(AccessPace, AReportedTransitionThatNeverEndsIsGivenUpAndLookedAtNowAndThen) {
  Pair host(AccessState::standby);
  host.groups = {{1, AccessState::transitioning}, {2, AccessState::transitioning}};
  host.access_state_changed();
  const auto times = host.answer_for(kTenMinutesMs, [&](const SentCommand& command) {
    host.sent.push_front(command);
    host.answer_all();
  });
  EXPECT_TRUE(host.told(ReportWhat::gave_up));
  EXPECT_LE(times.size(), 1200U) << "about one a second";
  EXPECT_GE(times.back(), kTenMinutesMs - 10'000) << "it never stops looking";
}

TEST(AccessPace, AnActivationInTransitionIsAwaitedWithoutAskingAgain) {
  Pair host;
  host.path(3, explicit_in(3));
  host.groups[3] = AccessState::active_nonoptimized;
  host.fail_path(1);
  ASSERT_EQ(host.stpgs(), 1U);
  const SentCommand stpg = host.take();
  const uint16_t group = base::load_be16(&stpg.send.data_out[6]);
  host.answer(stpg, scsi::kGood);
  host.groups = {{1, AccessState::active_nonoptimized},
                 {2, AccessState::active_nonoptimized},
                 {3, AccessState::active_nonoptimized}};
  host.groups[group] = AccessState::transitioning;
  const auto times = host.answer_for(500, [&](const SentCommand& command) {
    EXPECT_TRUE(command.is_rtpg());
    host.sent.push_front(command);
    host.answer_all();
  });
  EXPECT_LE(times.size(), 8U);
  EXPECT_FALSE(host.throttled()) << "another path serves meanwhile";
  host.groups[group] = AccessState::active_optimized;
  host.advance_ms(1000);
  host.answer_all();
  EXPECT_EQ(host.stpgs(), 1U);
  EXPECT_EQ(host.lun().plan.reason, PlanReason::optimal);
}

}  // namespace
}  // namespace dsm::testing
