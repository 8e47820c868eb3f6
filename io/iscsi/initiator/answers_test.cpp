// Answers that break the rules: each ends the session with a sentence that says which. The command
// window, and what the target says of its own accord.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "io/iscsi/initiator/testing/ends.h"

namespace io::iscsi::initiator {
namespace {

using iscsi::testing::pattern;
using iscsi::testing::Pdu;
using ::testing::HasSubstr;
using testing::make_read;
using testing::make_ready;
using testing::make_write;
using testing::of_tag;
using testing::parameters;
using testing::PlayedTarget;

class AnswersOfATarget : public testing::LoggedIn {};

TEST_F(AnswersOfATarget, AnswersThatAreWrong) {
  using Say = std::function<void(PlayedTarget&, const Pdu&)>;
  struct Case {
    const char* word;
    Say say;
  };
  const std::vector<Case> cases = {
      {"no command", [&](PlayedTarget& t, const Pdu&) { t.send(of_tag(kScsiResponse, 4711)); }},
      {"no command", [&](PlayedTarget& t, const Pdu&) { t.send(of_tag(kScsiResponse, kNoTag)); }},
      {"StatSN",
       [&](PlayedTarget& t, const Pdu& c) {
         ++t.status_number;
         t.respond(c);
       }},
      {"residual", [&](PlayedTarget& t, const Pdu& c) { t.respond(c, 0, 0x82, {}, 513); }},
      {"both", [&](PlayedTarget& t, const Pdu& c) { t.respond(c, 0, 0x86, {}, 1); }},
      {"iSCSI response 1",
       [&](PlayedTarget& t, const Pdu& c) {
         Header made = of_tag(kScsiResponse, c.header.initiator_tag());
         made.raw[2] = 1;
         t.send(made);
       }},
      {"NOP-In that answers", [&](PlayedTarget& t, const Pdu&) { t.send(of_tag(kNopIn, 5)); }},
      {"text response", [&](PlayedTarget& t, const Pdu&) { t.send(of_tag(kTextResponse, 5)); }},
      {"task management",
       [&](PlayedTarget& t, const Pdu&) { t.send(of_tag(kTaskManagementResponse, kNoTag)); }},
      {"logout response",
       [&](PlayedTarget& t, const Pdu&) { t.send(of_tag(kLogoutResponse, kNoTag)); }},
      {"opcode 01h", [&](PlayedTarget& t, const Pdu&) { t.send(of_tag(kScsiCommand, 5)); }},
      {"opcode 3Eh", [&](PlayedTarget& t, const Pdu&) { t.send(of_tag(0x3e, 5)); }},
      {"opcode 23h", [&](PlayedTarget& t, const Pdu&) { t.send(of_tag(kLoginResponse, 0)); }},
      {"rejects",
       [&](PlayedTarget& t, const Pdu& c) {
         Header made = of_tag(kReject, kNoTag);
         made.raw[2] = kProtocolError;
         t.send(made, {c.header.raw.begin(), c.header.raw.end()});
       }},
      {"Reject that does not say",
       [&](PlayedTarget& t, const Pdu&) { t.send(of_tag(kReject, kNoTag), pattern(47, 1)); }},
      {"unknown event",
       [&](PlayedTarget& t, const Pdu&) {
         Header made = of_tag(kAsyncMessage, kNoTag);
         made.raw[36] = 9;
         t.send(made);
       }},
      {"additional header",
       [&](PlayedTarget& t, const Pdu& c) {
         Header made = of_tag(kScsiResponse, c.header.initiator_tag());
         made.raw[4] = 1;
         t.send(made);
       }},
      {"where at most",
       [&](PlayedTarget& t, const Pdu& c) {
         t.send(of_tag(kScsiResponse, c.header.initiator_tag()), pattern(262145, 1));
       }},
  };
  for (const Case& each : cases) {
    PlayedTarget end(parameters());
    end.login();
    const auto read = make_read(0, 1);
    end.session.submit(read->command);
    const Pdu command = end.take();
    each.say(end, command);
    EXPECT_THAT(end.violation(), HasSubstr(each.word));
    EXPECT_EQ(read->done, 0) << each.word;
    end.session.take_back(mpio::Delivery::link_lost);
    testing::take_finished(end.session);
    EXPECT_EQ(read->done, 1) << each.word;
  }
}

TEST_F(AnswersOfATarget, ALateAnswerFindsNobodyEvenWhenThePlaceIsUsedAgain) {
  const auto first = make_ready();
  const Pdu command = submit(*first);
  target.respond(command);
  ASSERT_EQ(first->done, 1);
  const auto second = make_ready();
  submit(*second);
  target.respond(command);  // the first's again
  EXPECT_THAT(target.violation(), HasSubstr("no command"));
  EXPECT_EQ(second->done, 0);
}

TEST_F(AnswersOfATarget, TheWindowOpensAndNeverCloses) {
  target.window = 1;
  const auto first = make_ready();
  const Pdu command = submit(*first);
  const auto second = make_ready();
  const auto third = make_ready();
  target.window = 0;
  target.respond(command);
  EXPECT_EQ(first->done, 1);
  target.session.submit(second->command);
  target.session.submit(third->command);
  // The login's window of 64 is still open: an older, smaller one does not take it back.
  EXPECT_EQ(target.take().opcode(), kScsiCommand);

  PlayedTarget closed(parameters());
  closed.window = 1;
  closed.login();
  closed.session.submit(first->command);
  closed.session.submit(second->command);
  closed.session.submit(third->command);
  const Pdu only = closed.take();
  EXPECT_TRUE(closed.silent());
  Header nothing;  // MaxCmdSN far behind ExpCmdSN says nothing
  nothing.raw[0] = kNopIn;
  nothing.raw[1] = kFinal;
  nothing.set(16, kNoTag);
  nothing.set(20, kNoTag);
  closed.window = 0x80000010;
  closed.send(nothing, {}, false);
  EXPECT_TRUE(closed.silent());
  const uint32_t number = closed.command_number;
  closed.command_number = number + 1000;  // ahead of a MaxCmdSN that would open the window
  closed.window = 6U - 1000U;
  closed.send(nothing, {}, false);
  EXPECT_TRUE(closed.silent());
  closed.command_number = number;
  closed.window = 2;
  closed.respond(only);
  EXPECT_EQ(closed.take().header.command_sn(), only.header.command_sn() + 1);
  EXPECT_EQ(closed.take().header.command_sn(), only.header.command_sn() + 2);
  EXPECT_TRUE(closed.silent());
}

TEST_F(AnswersOfATarget, NopInsWithoutEnd) {
  Header ping;
  ping.raw[0] = kNopIn;
  ping.raw[1] = kFinal;
  ping.set(16, kNoTag);
  for (uint32_t i = 0; i < 1000 && !target.session.ended(); ++i) {
    ping.set(20, i);
    target.send(ping, {}, false);
  }
  EXPECT_THAT(target.violation(), HasSubstr("signs of life"));

  PlayedTarget patient(parameters());
  patient.login();
  for (uint32_t i = 0; i < 1000; ++i) {
    ping.set(20, i);
    patient.send(ping, {}, false);
    EXPECT_EQ(patient.take().header.field(20), i);
  }
  EXPECT_EQ(patient.violation(), "");
}

TEST_F(AnswersOfATarget, TheTargetMayAskForTheEnd) {
  for (const uint8_t event : {uint8_t{1}, uint8_t{2}, uint8_t{3}, uint8_t{4}}) {
    PlayedTarget end(parameters());
    end.login();
    Header header = of_tag(kAsyncMessage, kNoTag);
    header.raw[36] = event;
    end.send(header);
    EXPECT_EQ(end.session.ending().why, Ending::Why::asked_for);
    EXPECT_NE(end.session.ending().text, "");
  }
  for (const uint8_t event : {uint8_t{0}, uint8_t{255}}) {
    Header header = of_tag(kAsyncMessage, kNoTag);
    header.raw[36] = event;
    target.send(header, pattern(20, 1));
    EXPECT_TRUE(target.session.up());
  }
}

// A target that cannot do it is no reason to end what it does.
TEST_F(AnswersOfATarget, RejectedNopsAndFunctionsAreAnswers) {
  const auto reject = [&](const Pdu& pdu, uint8_t reason) {
    Header header = of_tag(kReject, kNoTag);
    header.raw[2] = reason;
    target.send(header, {pdu.header.raw.begin(), pdu.header.raw.end()});
  };
  target.session.ping();
  reject(target.take(), kCommandNotSupported);
  target.session.ping();
  EXPECT_EQ(target.take().opcode(), kNopOut);
  ASSERT_TRUE(target.session.manage(scsi::TaskFunction::logical_unit_reset));
  reject(target.take(), kCommandNotSupported);
  EXPECT_EQ(target.session.take_function_response(), kFunctionNotSupported);
  ASSERT_TRUE(target.session.manage(scsi::TaskFunction::logical_unit_reset));
  reject(target.take(), kTooManyImmediate);
  EXPECT_EQ(target.session.take_function_response(), kFunctionRejected);
  const auto write = make_write(0, 256, 1);
  const Pdu command = submit(*write);
  reject(target.take(), kDataDigestError);  // Data-Out: its command ends by an answer of its own
  EXPECT_TRUE(target.session.up());
  reject(command, kDataDigestError);
  EXPECT_THAT(target.violation(), HasSubstr("rejects"));
}

}  // namespace
}  // namespace io::iscsi::initiator
