// Access-state work: pace, deadline, what a target may say and what is then believed. Every test
// also counts commands: no answer, however often repeated, may make the DSM send without end.
#include "dsm/access/engine.h"

#include <gtest/gtest.h>

#include <vector>

#include "dsm/testing/test_host.h"
#include "scsi/guarded_bytes.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace dsm::testing {
namespace {

using scsi::AccessState;
using Data = std::vector<uint8_t>;

constexpr uint8_t kRtpg = 0xa3;
constexpr uint8_t kStpg = 0xa4;
constexpr uint64_t kTenMinutesMs = 600'000;

constexpr PathSpec explicit_in(uint16_t group) {
  return {.group = group, .support = AluaSupport::explicit_only};
}
constexpr PathSpec implicit_in(uint16_t group) {
  return {.group = group, .support = AluaSupport::implicit_only};
}

// P1 in group 1 (active/optimized), P2 in group 2 (active/non-optimized unless said otherwise).
struct Pair : TestHost {
  explicit Pair(AccessState second = AccessState::active_nonoptimized,
                AluaSupport support = AluaSupport::explicit_only) {
    groups = {{1, AccessState::active_optimized}, {2, second}};
    path(1, {.group = 1, .support = support});
    path(2, {.group = 2, .support = support});
    rtpgs_before = count_sent(kRtpg);
  }
  unsigned rtpgs() const { return count_sent(kRtpg) - rtpgs_before; }
  unsigned stpgs() const { return count_sent(kStpg); }
  void access_state_changed(NexusId nexus = 1) { sense(nexus, 6, 0x2a, 0x06); }

  // Answers whatever is out by `answer`, for `ms` of virtual time, and notes when it was sent.
  template <typename F>
  std::vector<uint64_t> answer_for(uint64_t ms, F&& answer) {
    std::vector<uint64_t> times_ms;
    const uint64_t begun = now;
    for (uint64_t at = 0;; ++at) {
      while (!sent.empty()) {
        times_ms.push_back((now - begun) / kNsPerMs);
        answer(take());
      }
      if (at == ms) {
        return times_ms;
      }
      advance_ms(1);
    }
  }
  bool told(ReportWhat what) const {
    for (const Report& report : reports) {
      if (report.what == what) {
        return true;
      }
    }
    return false;
  }

  unsigned rtpgs_before = 0;
};

void expect_at_rest(Pair& host) {
  EXPECT_TRUE(host.sent.empty());
  EXPECT_FALSE(host.throttled());
  EXPECT_EQ(host.lun().access.phase, AccessPhase::idle);
  EXPECT_EQ(host.count(ActionKind::throttle), host.count(ActionKind::resume));
}

// --- pace ----------------------------------------------------------------------------------------

TEST(AccessPace, ATransitionIsAskedAgainAtGrowingPausesUntilItIsDone) {
  Pair host;
  host.access_state_changed();
  const auto times = host.answer_for(5000, [&](const SentCommand& command) {
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

TEST(AccessPace, GivesUpAfterAMinute) {
  for (const auto& [status, key] :
       {std::pair{scsi::kCheckCondition, scsi::kUnitAttention},
        std::pair{scsi::kBusy, scsi::kNoSense}, std::pair{scsi::kTaskSetFull, scsi::kNoSense}}) {
    Pair host;
    host.access_state_changed();
    const auto times = host.answer_for(2 * kTenMinutesMs, [&](const SentCommand& command) {
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

// --- STPG ----------------------------------------------------------------------------------------

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

TEST(AccessActivation, TheStatesAreReadDownThePathThatWasAskedToChangeThem) {
  Pair host;
  host.fail_path(1);
  host.answer(host.take(), scsi::kGood);
  EXPECT_TRUE(host.sent.front().is_rtpg());
  EXPECT_EQ(host.sent.front().nexus, 2U);
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
  ASSERT_EQ(host.sent.size(), 1U);
  EXPECT_TRUE(host.sent.front().is_rtpg());
  host.answer_all();
  EXPECT_EQ(host.states(), "AO");
}

// --- implicit only -------------------------------------------------------------------------------

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

// --- what a target may say -----------------------------------------------------------------------

TEST(AccessAnswers, TheExtendedHeaderIsAskedForUntilItIsRefused) {
  const auto is_extended = [](const SentCommand& command) {
    return (command.send.cdb.bytes[1] & 0xe0) == 0x20;
  };
  for (const auto& [asc, ascq] :
       {std::pair<uint8_t, uint8_t>{0x24, 0x00}, {0x20, 0x00}, {0x26, 0x00}, {0x00, 0x00}}) {
    Pair host;
    host.access_state_changed();
    EXPECT_TRUE(is_extended(host.sent.front()));
    const SentCommand command = host.take();
    host.answer_with_sense(command, scsi::kIllegalRequest, asc, ascq);
    ASSERT_FALSE(host.sent.empty());
    EXPECT_FALSE(is_extended(host.sent.front()));
    EXPECT_EQ(host.sent.front().nexus, command.nexus);
    host.answer_all();
    host.access_state_changed();
    EXPECT_FALSE(is_extended(host.sent.front())) << "never again";
    host.answer_all();
    expect_at_rest(host);
  }
  TestHost basic;
  basic.config.extended_rtpg = false;
  basic.groups = {{1, AccessState::active_optimized}};
  ASSERT_TRUE(basic.add(1, explicit_in(1)).ok());
  basic.activate(1);
  EXPECT_FALSE(is_extended(basic.sent.front()));
  basic.answer_with_sense(basic.take(), scsi::kIllegalRequest, 0x24, 0x00);
  EXPECT_TRUE(basic.sent.empty()) << "there is no smaller header to ask for";
}

TEST(AccessAnswers, RefusedAltogetherEachPathIsAskedOnce) {
  Pair host;
  host.access_state_changed();
  const auto times = host.answer_for(kTenMinutesMs, [&](const SentCommand& command) {
    host.answer_with_sense(command, scsi::kIllegalRequest, 0x20, 0x00);
  });
  EXPECT_EQ(times.size(), 3U) << "extended, basic, and the other path";
  EXPECT_EQ(host.states(), "AO AU");
  expect_at_rest(host);
}

TEST(AccessAnswers, ALongerAnswerIsReadAgainWithALargerBuffer) {
  Pair host;
  host.access_state_changed();
  Data data(kRtpgFirstBytes);
  base::store_be32(data.data(), 5000);
  host.answer(host.take(), scsi::kGood, {}, data);
  ASSERT_FALSE(host.sent.empty());
  EXPECT_EQ(host.sent.front().send.data_in_capacity, 5004U);
  EXPECT_EQ(base::load_be32(&host.sent.front().send.cdb.bytes[6]), 5004U);
  host.answer_all();
  expect_at_rest(host);
}

TEST(AccessAnswers, AnAnswerThatGrowsForEverIsNotFollowed) {
  Pair host;
  host.access_state_changed();
  const auto times = host.answer_for(kTenMinutesMs, [&](const SentCommand& command) {
    Data data(command.send.data_in_capacity);
    base::store_be32(data.data(), command.send.data_in_capacity + 1);
    host.answer(command, scsi::kGood, {}, data);
  });
  EXPECT_LE(times.size(), 4U);
  EXPECT_EQ(host.states(), "AO AU");
  expect_at_rest(host);
}

Data groups_data(const std::vector<std::array<uint16_t, 2>>& groups_and_states,
                 const std::vector<std::vector<uint16_t>>& ports = {}) {
  Data data(4);
  for (size_t i = 0; i < groups_and_states.size(); ++i) {
    const std::vector<uint16_t> none;
    const std::vector<uint16_t>& own = i < ports.size() ? ports[i] : none;
    const auto [id, state] = groups_and_states[i];
    const Data header = {static_cast<uint8_t>(state),
                         0x0f,
                         static_cast<uint8_t>(id >> 8),
                         static_cast<uint8_t>(id),
                         0,
                         0,
                         0,
                         static_cast<uint8_t>(own.size())};
    data.insert(data.end(), header.begin(), header.end());
    for (const uint16_t port : own) {
      const Data bytes = {0, 0, static_cast<uint8_t>(port >> 8), static_cast<uint8_t>(port)};
      data.insert(data.end(), bytes.begin(), bytes.end());
    }
  }
  base::store_be32(data.data(), static_cast<uint32_t>(data.size() - 4));
  return data;
}

// Whatever comes, from exactly so many bytes: no reading beyond them, no belief, few commands.
void expect_disbelief(const Data& data, const std::string& what) {
  Pair host;
  host.access_state_changed();
  const scsi::GuardedBytes guarded((base::Bytes(data)));
  const auto times = host.answer_for(kTenMinutesMs, [&](const SentCommand& command) {
    host.answer(command, scsi::kGood, {}, guarded.view());
  });
  EXPECT_LE(times.size(), 4U) << what;
  EXPECT_EQ(host.states(), "AO AU") << what << ": what was known stays";
  EXPECT_TRUE(host.told(ReportWhat::rtpg_defect)) << what;
  expect_at_rest(host);
}

TEST(AccessAnswers, S27_LiesAreNotBelieved) {
  expect_disbelief({}, "nothing at all");
  expect_disbelief({0, 0}, "half a header");
  expect_disbelief({0, 0, 0, 0}, "no groups");
  expect_disbelief({0xff, 0xff, 0xff, 0xff}, "four gigabytes announced");
  expect_disbelief(groups_data({{1, 1}, {2, 0}, {1, 0}}), "a group twice");
  expect_disbelief(groups_data({{1, 1}, {2, 0}}, {{1}, {1}}), "a port in two groups");
  expect_disbelief(groups_data({{1, 1}, {2, 0}}, {{1, 1}}), "a port twice");
  expect_disbelief(groups_data({{1, 5}, {2, 0}}), "a reserved state");
  expect_disbelief(groups_data({{1, 0xd}, {2, 0}}), "another reserved state");
  std::vector<std::array<uint16_t, 2>> many;
  for (uint16_t id = 1; id <= 33; ++id) {
    many.push_back({id, 1});
  }
  expect_disbelief(groups_data(many), "33 groups");
}

TEST(AccessAnswers, S27_CutAtEveryByte) {
  const Data whole = groups_data({{1, 1}, {2, 0}}, {{1, 2, 3}, {4, 5}});
  for (size_t size = 0; size < whole.size(); ++size) {
    Data cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    expect_disbelief(cut, "cut at " + std::to_string(size));
    if (size >= 5 && size != 24) {  // at 24 the first group ends, and that is a whole answer
      base::store_be32(cut.data(), static_cast<uint32_t>(size - 4));
      expect_disbelief(cut, "cut at " + std::to_string(size) + " with a length to match");
    }
  }
}

TEST(AccessAnswers, S27_StatesThatAreKnownButOfLittleUse) {
  Pair host;
  host.groups = {{1, AccessState::offline}, {2, AccessState::lba_dependent}};
  host.refuse_stpg = true;
  host.access_state_changed();
  host.answer_all();
  EXPECT_EQ(host.states(), "OF AU");
  EXPECT_EQ(host.next(3), (std::vector<NexusId>{2, 2, 2})) << "like AU at best";
  host.fail_path(2);
  EXPECT_EQ(host.next(), 0U) << "offline: never";
}

TEST(AccessAnswers, S27_AGroupVanishesUnderAPath) {
  Pair host;
  host.groups.erase(2);
  host.access_state_changed();
  host.answer_all();
  EXPECT_EQ(host.states(), "AO ??");
  EXPECT_EQ(host.next(2), (std::vector<NexusId>{1, 1}));
  host.fail_path(1);
  EXPECT_EQ(host.next(), 2U) << "unknown is better than nothing";
  const auto times = host.answer_for(kTenMinutesMs, [&](const SentCommand& command) {
    host.sent.push_front(command);
    host.answer_all();
  });
  EXPECT_EQ(host.stpgs(), 0U);
  EXPECT_LE(times.size(), 30U);
}

TEST(AccessAnswers, AnAnswerToNothingIsIgnored) {
  Pair host;
  host.access_state_changed();
  const SentCommand command = host.take();
  SentCommand stale = command;
  stale.send.id = command.send.id - 1;
  host.answer(stale, scsi::kGood, {}, groups_data({{1, 1}, {2, 0}}));
  EXPECT_EQ(host.states(), "AO AU");
  EXPECT_TRUE(host.throttled());
  // The stale one was counted as the answer of this nexus; the real one is refused then.
  host.on(event::command_done(host.now, command.lun, command.nexus, {.id = command.send.id}));
  EXPECT_EQ(host.last_refusal.code(), base::Code::invalid_argument);
}

TEST(AccessAnswers, TheQuestionGoesOnWhenItsPathIsRemoved) {
  Pair host;
  host.access_state_changed();
  const SentCommand command = host.take();
  host.on(event::of_nexus(EventKind::nexus_removed, host.now, 1));
  host.lose(command);
  host.answer_all();
  EXPECT_EQ(host.states(), "AO");
  expect_at_rest(host);
}

}  // namespace
}  // namespace dsm::testing
