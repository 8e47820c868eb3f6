// What is not a command: task management, and texts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

class RequestsOfASession : public testing::LoggedIn {};

TEST_F(RequestsOfASession, AFunctionEndsWhatWasSentBeforeIt) {
  const auto before = make_write(0, 512, 1);
  const Pdu command = submit(*before);
  while (!target.silent()) {
    target.take();
  }
  target.send(target.r2t(command, 0, 65536, 65536), {}, false);
  ASSERT_TRUE(target.session.manage(scsi::TaskFunction::abort_task_set));
  const auto after = make_ready();
  target.session.submit(after->command);
  Pdu function;
  Pdu behind;
  while (!target.silent()) {
    const Pdu pdu = target.take();
    (pdu.opcode() == kTaskManagement ? function : behind) = pdu;
  }
  EXPECT_EQ(function.header.command_sn(), command.header.command_sn() + 1);
  target.send(of_tag(kTaskManagementResponse, function.header.initiator_tag()));
  EXPECT_EQ(before->done, 1);
  EXPECT_EQ(before->command.scsi_status, 0x40);
  EXPECT_EQ(after->done, 0);
  EXPECT_EQ(target.violation(), "");
}

TEST_F(RequestsOfASession, AFunctionAnsweredBeforeItWasSent) {
  const auto ready = make_ready();
  submit(*ready);
  const auto unsent = make_ready();
  target.session.submit(unsent->command);
  ASSERT_TRUE(target.session.manage(scsi::TaskFunction::logical_unit_reset));
  target.send(of_tag(kTaskManagementResponse, 0x1ff00));
  EXPECT_THAT(target.violation(), HasSubstr("before the request was sent"));
  EXPECT_EQ(unsent->done, 0);
}

TEST_F(RequestsOfASession, AnAbortNamesItsTask) {
  const auto read = make_read(0, 8);
  const Pdu command = submit(*read);
  const auto never = make_ready();
  EXPECT_FALSE(target.session.manage(scsi::TaskFunction::abort_task, &never->command));
  ASSERT_TRUE(target.session.manage(scsi::TaskFunction::abort_task, &read->command));
  const Pdu abort = target.take();
  EXPECT_EQ(abort.header.raw[1], 0x81);
  EXPECT_TRUE(abort.header.immediate());
  EXPECT_EQ(abort.header.field(20), command.header.initiator_tag());
  EXPECT_EQ(abort.header.field(32), command.header.command_sn());
  Header answer = of_tag(kTaskManagementResponse, abort.header.initiator_tag());
  answer.raw[2] = kFunctionNoSuchTask;
  target.send(answer);
  EXPECT_EQ(target.session.take_function_response(), kFunctionNoSuchTask);
  EXPECT_EQ(read->done, 0);
  target.respond(command, 8);
  EXPECT_EQ(read->done, 1);
}

TEST_F(RequestsOfASession, ATextComesInPartsAndHasAnEnd) {
  target.session.send_targets();
  Pdu request = target.take();
  Header part = of_tag(kTextResponse, request.header.initiator_tag());
  part.raw[1] = 0x40;
  part.set(20, 9);
  target.send(part, {'T', 'a'});
  request = target.take();
  EXPECT_EQ(request.header.field(20), 9U);
  EXPECT_FALSE(target.session.text_done());
  part.raw[1] = kFinal;
  part.set(20, kNoTag);
  target.send(part, {'r', 'g'});
  ASSERT_TRUE(target.session.text_done());
  EXPECT_EQ(target.session.text(), "Targ");

  target.session.send_targets();
  request = target.take();
  part = of_tag(kTextResponse, request.header.initiator_tag());
  part.raw[1] = 0x40;
  part.set(20, 9);
  for (int i = 0; i < 10 && !target.session.ended(); ++i) {
    target.send(part, pattern(200'000, 1));
  }
  EXPECT_THAT(target.violation(), HasSubstr("list of targets of more than"));
}

TEST_F(RequestsOfASession, ATextThatGoesOnNowhere) {
  for (const bool tag : {false, true}) {
    PlayedTarget end(parameters());
    end.login();
    end.session.send_targets();
    Header part = of_tag(kTextResponse, end.take().header.initiator_tag());
    part.raw[1] = 0x40;
    part.set(20, tag ? 9 : kNoTag);
    end.send(part, tag ? std::vector<uint8_t>() : pattern(10, 1));
    EXPECT_THAT(end.violation(), HasSubstr("does not say where")) << tag;
  }
}

}  // namespace
}  // namespace io::iscsi::initiator
