// What a target may say to REPORT TARGET PORT GROUPS, and what is then believed. Every test also
// counts commands: no answer, however often repeated, may make the DSM send without end.
// Scenario 27.
#include <gtest/gtest.h>

#include <vector>

#include "dsm/testing/access_pair.h"
#include "scsi/guarded_bytes.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace dsm::testing {
namespace {

using scsi::AccessState;
using Data = std::vector<uint8_t>;

constexpr PathSpec explicit_in(uint16_t group) {
  return {.group = group, .support = AluaSupport::explicit_only};
}

bool is_extended(const SentCommand& command) {
  return (command.send.cdb.bytes[1] & 0xe0) == 0x20;
}

TEST(AccessAnswers, TheExtendedHeaderIsAskedForUntilItIsRefused) {
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

TEST(AccessAnswers, ALunThatIsNotBehindThePortSaysNothingAboutTheHeader) {
  Pair host;
  host.access_state_changed();
  host.answer_with_sense(host.take(), scsi::kIllegalRequest, 0x25, 0x00);
  EXPECT_EQ(host.sent.front().nexus, 2U);
  EXPECT_TRUE(is_extended(host.sent.front()));
  host.answer_all();
  expect_at_rest(host);
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
  EXPECT_EQ(host.times_told(ReportWhat::rtpg_defect), 1U) << what << ": once while it lasts";
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
  EXPECT_TRUE(host.told(ReportWhat::group_missing));
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

TEST(AccessAnswers, TheSameIsToldOnceWhileItLasts) {
  Pair host;
  const auto ask_again = [&host] {
    host.reports.clear();
    host.access_state_changed();
    host.answer_all();
  };
  host.groups.erase(2);
  ask_again();
  EXPECT_TRUE(host.told(ReportWhat::group_missing));
  ask_again();
  EXPECT_FALSE(host.told(ReportWhat::group_missing));
  host.groups[2] = AccessState::active_nonoptimized;
  ask_again();
  host.groups.erase(2);
  ask_again();
  EXPECT_TRUE(host.told(ReportWhat::group_missing)) << "it was there in between";
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
