// What a target may say to REPORT TARGET PORT GROUPS, and what is then believed. Every test also
// counts commands: no answer, however often repeated, may make the DSM send without end. Malformed
// ones: dsm/acceptance/malformed_groups_test.cpp.
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

// Linux's target (LIO) leaves the extended header out of the length, and so cuts the last group.
TEST(AccessAnswers, AnExtendedAnswerThatIsWrongIsAskedForWithoutTheHeader) {
  Pair host;
  host.groups[2] = AccessState::standby;
  host.access_state_changed();
  const SentCommand command = host.take();
  EXPECT_TRUE(is_extended(command));
  const Data miscounted = {0, 0, 0, 16, 0x10, 0, 0, 0,  // two groups need 20
                           2, 7, 0, 1,  0,    0, 0, 0, 1, 7, 0, 2};
  host.answer(command, scsi::kGood, {}, miscounted);
  ASSERT_FALSE(host.sent.empty());
  EXPECT_FALSE(is_extended(host.sent.front()));
  EXPECT_EQ(host.sent.front().nexus, command.nexus);
  host.answer_all();
  EXPECT_EQ(host.states(), "AO SB") << "as the basic answer says";
  EXPECT_FALSE(host.told(ReportWhat::rtpg_defect)) << "the array has answered well";
  host.access_state_changed();
  EXPECT_FALSE(is_extended(host.sent.front())) << "never again";
  host.answer_all();
  expect_at_rest(host);
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
  EXPECT_LE(times.size(), 5U);
  EXPECT_EQ(host.states(), "AO AU");
  expect_at_rest(host);
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
