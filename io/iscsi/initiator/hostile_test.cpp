// A target that breaks the rules of the full feature phase: each way ends the session with a
// sentence that says which, and nothing is read or written outside the caller's buffers. What needs
// a particular order of PDUs is here too.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "io/iscsi/initiator/testing/ends.h"

namespace io::iscsi::initiator {
namespace {

using iscsi::testing::pattern;
using iscsi::testing::Pdu;
using testing::Command;
using ::testing::HasSubstr;
using testing::make_read;
using testing::make_ready;
using testing::make_write;
using testing::parameters;
using testing::PlayedTarget;

constexpr uint8_t kFinal = 0x80;
constexpr uint8_t kFinalStatus = 0x81;

class Hostile : public ::testing::Test {
 protected:
  void SetUp() override { target.login(); }
  Pdu submit(Command& command) {
    target.session.submit(command.command);
    return target.take();
  }
  Header of_tag(uint8_t opcode, uint32_t tag) {
    Header header;
    header.raw[0] = opcode;
    header.raw[1] = kFinal;
    header.set(16, tag);
    header.set(20, kNoTag);
    return header;
  }
  PlayedTarget target{parameters()};
};

// --- What libiscsi 1.19 did not survive
// ------------------------------------------------------------------------

TEST_F(Hostile, DataInAndR2tWithTheTagOfWhatIsNoCommand) {
  const auto request_tag = [](PlayedTarget& end, int kind) {
    switch (kind) {
      case 0:
        end.session.ping();
        break;
      case 1:
        end.session.logout();
        break;
      case 2:
        end.session.send_targets();
        break;
      default:
        end.session.manage(TaskFunction::logical_unit_reset);
    }
    return end.take().header.initiator_tag();
  };
  for (const uint8_t opcode : {uint8_t{kDataIn}, uint8_t{kReadyToTransfer}}) {
    for (int kind = 0; kind < 4; ++kind) {
      PlayedTarget end(parameters());
      end.login();
      Header header = of_tag(opcode, request_tag(end, kind));
      header.set(20, 77);
      header.set(44, 512);
      end.send(header, opcode == kDataIn ? pattern(512, 1) : std::vector<uint8_t>(), false);
      EXPECT_THAT(end.violation(), HasSubstr("that is under way")) << int{opcode} << kind;
    }
    PlayedTarget login(parameters());
    const uint32_t tag = login.take().header.initiator_tag();
    login.send(of_tag(opcode, tag), {}, false);
    EXPECT_THAT(login.violation(), HasSubstr("during the login"));
  }
}

TEST_F(Hostile, R2tForGigabytes) {
  const auto write = make_write(0, 2048, 1);
  const Pdu command = submit(*write);
  for (Pdu data = command; !data.header.final() || data.opcode() == kScsiCommand;) {
    data = target.take();
  }
  target.send(target.r2t(command, 0, 65536, 0xffffffff), {}, false);
  EXPECT_THAT(target.violation(), HasSubstr("4294967295 bytes at offset 65536"));
  EXPECT_FALSE(target.session.has_output());
}

// --- Data in
// ---------------------------------------------------------------------------------------------------

TEST_F(Hostile, DataInThatDoesNotFit) {
  struct Case {
    uint32_t data_sn, offset;
    size_t count;
    uint8_t flags;
    const char* word;
  };
  for (const Case& each :
       {Case{0, 4096, 1, kFinal, "offset 4096"},
        Case{0, 0xffffff00, 512, kFinal, "offset 4294967040"},
        Case{0, 0, 4100, kFinal, "past the end"}, Case{0, 512, 512, kFinal, "where 0 is due"},
        Case{1, 0, 512, kFinal, "DataSN is 1"}, Case{0, 0, 512, 0x01, "not the last"},
        Case{0, 0, 300'000, kFinal, "at most 262144"}}) {
    PlayedTarget end(parameters());
    end.login();
    const auto read = make_read(0, 8, 1000);
    end.session.submit(read->command);
    const Pdu command = end.take();
    end.send(end.data_in(command, each.data_sn, each.offset, each.flags), pattern(each.count, 1),
             false);
    EXPECT_THAT(end.violation(), HasSubstr(each.word));
    EXPECT_EQ(read->bytes, std::vector<uint8_t>(4096, 0xee)) << each.word;
  }
}

TEST_F(Hostile, DataInPastTheEndOfWhatIsLeft) {
  const auto read = make_read(0, 8);
  const Pdu command = submit(*read);
  target.send(target.data_in(command, 0, 0, 0), pattern(512, 1), false);
  target.send(target.data_in(command, 1, 512, kFinalStatus), pattern(3588, 1));
  EXPECT_THAT(target.violation(), HasSubstr("3588 bytes at offset 512 of 4096 bytes"));
  EXPECT_EQ(read->bytes[512], 0xee);
}

TEST_F(Hostile, DataInGoesOnWhereItStopped) {
  const auto read = make_read(0, 8, 1000);
  const Pdu command = submit(*read);
  const auto data = pattern(4096, 3);
  target.send(target.data_in(command, 0, 0, 0), {data.begin(), data.begin() + 1500}, false);
  target.send(target.data_in(command, 1, 1500, kFinal), {data.begin() + 1500, data.begin() + 4000},
              false);
  target.send(target.data_in(command, 2, 4000, kFinalStatus), {data.begin() + 4000, data.end()});
  EXPECT_TRUE(read->good()) << target.violation();
  EXPECT_EQ(read->bytes, data);
  target.send(target.data_in(command, 3, 4096, kFinal), {}, false);
  EXPECT_THAT(target.violation(), HasSubstr("no read")) << "the command is over";
}

TEST_F(Hostile, DataInForAWriteAndForWhatWasNotSent) {
  const auto write = make_write(0, 8, 1);
  const Pdu command = submit(*write);
  target.send(target.data_in(command, 0, 0, kFinal), pattern(512, 9), false);
  EXPECT_THAT(target.violation(), HasSubstr("no read"));

  PlayedTarget early(parameters());
  early.login();
  const auto first = make_read(0, 8);
  early.session.submit(first->command);
  const Pdu sent = early.take();
  early.respond(sent);
  const auto second = make_read(0, 8);
  early.session.submit(second->command);  // still in this machine
  Pdu guess = sent;
  guess.header.set(16, static_cast<uint32_t>(second->command.transport_tag));
  early.respond(guess);
  EXPECT_THAT(early.violation(), HasSubstr("no command"));
}

// --- Data out
// --------------------------------------------------------------------------------------------------

TEST_F(Hostile, R2tThatIsWrong) {
  struct Case {
    uint32_t sn, offset, bytes, transfer_tag;
    const char* word;
  };
  for (const Case& each :
       {Case{1, 8192, 4096, 7, "R2TSN is 1"}, Case{0, 0, 4096, 7, "offset 0"},
        Case{0, 12288, 4096, 7, "offset 12288"}, Case{0, 8192, 0, 7, "0 bytes at"},
        Case{0, 8192, 1 << 20, 7, "1048576 bytes at"}, Case{0, 8192, 69632, 7, "MaxBurstLength"},
        Case{0, 8192, 4096, kNoTag, "transfer tag"},
        Case{0, 0xffffe000, 16384, 7, "offset 4294959104"}}) {
    PlayedTarget end(parameters());
    end.login({"MaxBurstLength=65536", "FirstBurstLength=8192"});
    const auto write = make_write(0, 256, 1);
    end.session.submit(write->command);
    const Pdu command = end.take();
    ASSERT_EQ(command.data.size(), 8192U);
    end.send(end.r2t(command, each.sn, each.offset, each.bytes, each.transfer_tag), {}, false);
    EXPECT_THAT(end.violation(), HasSubstr(each.word));
  }
  const auto read = make_read(0, 8);
  const Pdu command = submit(*read);
  target.send(target.r2t(command, 0, 0, 512), {}, false);
  EXPECT_THAT(target.violation(), HasSubstr("no write"));
}

TEST_F(Hostile, MoreR2tsThanAgreedOn) {
  for (const uint32_t agreed : {1U, 3U}) {
    PlayedTarget end(parameters());
    end.login({"ImmediateData=No", "MaxOutstandingR2T=" + std::to_string(agreed)});
    const auto write = make_write(0, 256, 1);
    end.session.submit(write->command);
    const Pdu command = end.take();
    for (uint32_t i = 0; i < agreed; ++i) {
      end.send(end.r2t(command, i, i * 4096, 4096), {}, false);
      EXPECT_EQ(end.violation(), "");
    }
    end.send(end.r2t(command, agreed, agreed * 4096, 4096), {}, false);
    EXPECT_THAT(end.violation(), HasSubstr("at once"));
  }
}

TEST_F(Hostile, DataOutFollowsTheR2tsInOrder) {
  PlayedTarget end(parameters());
  end.login({"MaxOutstandingR2T=2", "FirstBurstLength=1024", "MaxRecvDataSegmentLength=512",
             "InitialR2T=No"});
  const auto write = make_write(0, 8, 9, 700);
  end.session.submit(write->command);
  const Pdu command = end.take();
  EXPECT_FALSE(command.header.final()) << "unsolicited data follows";
  std::vector<uint8_t> got = command.data;
  const auto take_sequence = [&](uint32_t transfer_tag, uint32_t until) {
    for (uint32_t data_sn = 0; got.size() < until; ++data_sn) {
      const Pdu pdu = end.take();
      ASSERT_EQ(pdu.opcode(), kDataOut);
      EXPECT_EQ(pdu.header.field(20), transfer_tag);
      EXPECT_EQ(pdu.header.field(36), data_sn);
      EXPECT_EQ(pdu.header.field(40), got.size());
      got.insert(got.end(), pdu.data.begin(), pdu.data.end());
      EXPECT_EQ(pdu.header.final(), got.size() == until);
    }
  };
  end.send(end.r2t(command, 0, 1024, 1000, 5), {}, false);
  end.send(end.r2t(command, 1, 2024, 1000, 6), {}, false);
  take_sequence(kNoTag, 1024);
  take_sequence(5, 2024);
  take_sequence(6, 3024);
  end.send(end.r2t(command, 2, 3024, 1072, 7), {}, false);
  take_sequence(7, 4096);
  EXPECT_TRUE(end.silent());
  EXPECT_EQ(got, write->bytes);
  end.respond(command);
  EXPECT_TRUE(write->good());
}

// The target refuses the write while its data is on the way: the buffer is the caller's at once.
TEST_F(Hostile, ARefusedWriteLetsGoOfItsBuffer) {
  for (const size_t cut : {size_t{0}, size_t{20}, size_t{48}, size_t{100}, size_t{700}}) {
    PlayedTarget end(parameters());
    end.login({"ImmediateData=No", "MaxRecvDataSegmentLength=512"});
    auto write = make_write(0, 64, 9, 100);
    end.session.submit(write->command);
    const Pdu command = end.take();
    end.send(end.r2t(command, 0, 0, 32768), {}, false);
    // So much of the data has gone out.
    std::array<iovec, 400> pieces;
    const size_t used = end.session.output(pieces);
    ASSERT_GT(used, 10U);
    std::vector<uint8_t> wire;
    for (size_t i = 0; i < used; ++i) {
      const auto* const from = static_cast<const uint8_t*>(pieces[i].iov_base);
      wire.insert(wire.end(), from, from + pieces[i].iov_len);
    }
    wire.resize(cut);
    end.session.sent(cut);
    end.respond(command, 2, kFinal, std::vector<uint8_t>(20, 0));
    EXPECT_EQ(write->done, 1);
    EXPECT_EQ(write->command.scsi_status, 2);
    const auto bytes = write->bytes;
    write.reset();  // the address sanitizer watches who still reads it
    const auto ready = make_ready();
    end.session.submit(ready->command);
    std::array<iovec, 400> rest;
    const size_t left = end.session.output(rest);
    size_t count = 0;
    for (size_t i = 0; i < left; ++i) {
      const auto* const from = static_cast<const uint8_t*>(rest[i].iov_base);
      wire.insert(wire.end(), from, from + rest[i].iov_len);
      count += rest[i].iov_len;
    }
    end.session.sent(count);
    const size_t whole = (cut + 559) / 560;  // PDUs that had begun
    ASSERT_EQ(wire.size(), whole * 560 + 48);
    for (size_t i = 0; i < whole; ++i) {
      EXPECT_TRUE(std::equal(wire.begin() + static_cast<std::ptrdiff_t>(i * 560 + 48),
                             wire.begin() + static_cast<std::ptrdiff_t>(i * 560 + 560),
                             bytes.begin() + static_cast<std::ptrdiff_t>(i * 512)));
    }
    EXPECT_EQ(wire[whole * 560] & 0x3f, kScsiCommand);
    EXPECT_FALSE(end.session.ended());
  }
}

TEST_F(Hostile, AWriteIsNotGoodBeforeItsDataHasGone) {
  const auto write = make_write(0, 256, 1);
  target.session.submit(write->command);
  std::array<iovec, 8> pieces;
  const size_t used = target.session.output(pieces);  // the command, then data
  ASSERT_GT(used, 2U);
  Pdu command;
  std::copy_n(static_cast<const uint8_t*>(pieces[0].iov_base), 48, command.header.raw.begin());
  target.session.sent(48 + command.header.data_bytes());
  target.respond(command);
  EXPECT_THAT(target.violation(), HasSubstr("before it has all the data"));
  EXPECT_EQ(write->done, 0);
}

TEST_F(Hostile, WhatAWriteDidNotTakeIsMissing) {
  const auto write = make_write(0, 256, 1);  // of which the first burst goes out
  const Pdu command = submit(*write);
  while (!target.silent()) {
    target.take();
  }
  target.respond(command);
  EXPECT_EQ(write->done, 1);
  EXPECT_EQ(write->command.residual_bytes, 131072U - 65536U);
}

// --- Answers
// ---------------------------------------------------------------------------------------------------

TEST_F(Hostile, AnswersThatAreWrong) {
  using Say = std::function<void(PlayedTarget&, const Pdu&)>;
  const auto header = [](uint8_t opcode, uint32_t tag) {
    Header made;
    made.raw[0] = opcode;
    made.raw[1] = kFinal;
    made.set(16, tag);
    made.set(20, kNoTag);
    return made;
  };
  struct Case {
    const char* word;
    Say say;
  };
  const std::vector<Case> cases = {
      {"no command", [&](PlayedTarget& t, const Pdu&) { t.send(header(kScsiResponse, 4711)); }},
      {"no command", [&](PlayedTarget& t, const Pdu&) { t.send(header(kScsiResponse, kNoTag)); }},
      {"StatSN",
       [&](PlayedTarget& t, const Pdu& c) {
         ++t.status_number;
         t.respond(c);
       }},
      {"residual", [&](PlayedTarget& t, const Pdu& c) { t.respond(c, 0, 0x82, {}, 513); }},
      {"both", [&](PlayedTarget& t, const Pdu& c) { t.respond(c, 0, 0x86, {}, 1); }},
      {"iSCSI response 1",
       [&](PlayedTarget& t, const Pdu& c) {
         Header made = header(kScsiResponse, c.header.initiator_tag());
         made.raw[2] = 1;
         t.send(made);
       }},
      {"NOP-In that answers", [&](PlayedTarget& t, const Pdu&) { t.send(header(kNopIn, 5)); }},
      {"text response", [&](PlayedTarget& t, const Pdu&) { t.send(header(kTextResponse, 5)); }},
      {"task management",
       [&](PlayedTarget& t, const Pdu&) { t.send(header(kTaskManagementResponse, kNoTag)); }},
      {"logout response",
       [&](PlayedTarget& t, const Pdu&) { t.send(header(kLogoutResponse, kNoTag)); }},
      {"opcode 01h", [&](PlayedTarget& t, const Pdu&) { t.send(header(kScsiCommand, 5)); }},
      {"opcode 3Eh", [&](PlayedTarget& t, const Pdu&) { t.send(header(0x3e, 5)); }},
      {"opcode 23h", [&](PlayedTarget& t, const Pdu&) { t.send(header(kLoginResponse, 0)); }},
      {"rejects",
       [&](PlayedTarget& t, const Pdu& c) {
         Header made = header(kReject, kNoTag);
         made.raw[2] = kProtocolError;
         t.send(made, {c.header.raw.begin(), c.header.raw.end()});
       }},
      {"Reject that does not say",
       [&](PlayedTarget& t, const Pdu&) { t.send(header(kReject, kNoTag), pattern(47, 1)); }},
      {"unknown event",
       [&](PlayedTarget& t, const Pdu&) {
         Header made = header(kAsyncMessage, kNoTag);
         made.raw[36] = 9;
         t.send(made);
       }},
      {"additional header",
       [&](PlayedTarget& t, const Pdu& c) {
         Header made = header(kScsiResponse, c.header.initiator_tag());
         made.raw[4] = 1;
         t.send(made);
       }},
      {"where at most",
       [&](PlayedTarget& t, const Pdu& c) {
         t.send(header(kScsiResponse, c.header.initiator_tag()), pattern(262145, 1));
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

TEST_F(Hostile, ALateAnswerFindsNobodyEvenWhenThePlaceIsUsedAgain) {
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

TEST_F(Hostile, TheWindowOpensAndNeverCloses) {
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
  closed.window = 2;
  closed.respond(only);
  EXPECT_EQ(closed.take().header.command_sn(), only.header.command_sn() + 1);
  EXPECT_EQ(closed.take().header.command_sn(), only.header.command_sn() + 2);
  EXPECT_TRUE(closed.silent());
}

TEST_F(Hostile, NopInsWithoutEnd) {
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

TEST_F(Hostile, TheTargetMayAskForTheEnd) {
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
TEST_F(Hostile, RejectedNopsAndFunctionsAreAnswers) {
  const auto reject = [&](const Pdu& pdu, uint8_t reason) {
    Header header = of_tag(kReject, kNoTag);
    header.raw[2] = reason;
    target.send(header, {pdu.header.raw.begin(), pdu.header.raw.end()});
  };
  target.session.ping();
  reject(target.take(), kCommandNotSupported);
  target.session.ping();
  EXPECT_EQ(target.take().opcode(), kNopOut);
  ASSERT_TRUE(target.session.manage(TaskFunction::logical_unit_reset));
  reject(target.take(), kCommandNotSupported);
  EXPECT_EQ(target.session.take_function_response(), kFunctionNotSupported);
  ASSERT_TRUE(target.session.manage(TaskFunction::logical_unit_reset));
  reject(target.take(), kTooManyImmediate);
  EXPECT_EQ(target.session.take_function_response(), kFunctionRejected);
  const auto write = make_write(0, 256, 1);
  const Pdu command = submit(*write);
  reject(target.take(), kDataDigestError);  // Data-Out: its command ends by an answer of its own
  EXPECT_TRUE(target.session.up());
  reject(command, kDataDigestError);
  EXPECT_THAT(target.violation(), HasSubstr("rejects"));
}

// --- Task management
// -------------------------------------------------------------------------------------------

TEST_F(Hostile, AFunctionEndsWhatWasSentBeforeIt) {
  const auto before = make_write(0, 512, 1);
  const Pdu command = submit(*before);
  while (!target.silent()) {
    target.take();
  }
  target.send(target.r2t(command, 0, 65536, 65536), {}, false);
  ASSERT_TRUE(target.session.manage(TaskFunction::abort_task_set));
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

TEST_F(Hostile, AFunctionAnsweredBeforeItWasSent) {
  const auto ready = make_ready();
  submit(*ready);
  const auto unsent = make_ready();
  target.session.submit(unsent->command);
  ASSERT_TRUE(target.session.manage(TaskFunction::logical_unit_reset));
  target.send(of_tag(kTaskManagementResponse, 0x1ff00));
  EXPECT_THAT(target.violation(), HasSubstr("before the request was sent"));
  EXPECT_EQ(unsent->done, 0);
}

TEST_F(Hostile, AnAbortNamesItsTask) {
  const auto read = make_read(0, 8);
  const Pdu command = submit(*read);
  const auto never = make_ready();
  EXPECT_FALSE(target.session.manage(TaskFunction::abort_task, &never->command));
  ASSERT_TRUE(target.session.manage(TaskFunction::abort_task, &read->command));
  const Pdu abort = target.take();
  EXPECT_EQ(abort.header.raw[1], 0x81);
  EXPECT_TRUE(abort.header.immediate());
  EXPECT_EQ(abort.header.field(20), command.header.initiator_tag());
  EXPECT_EQ(abort.header.field(32), command.header.command_sn());
  Header answer = of_tag(kTaskManagementResponse, abort.header.initiator_tag());
  answer.raw[2] = kNoSuchTask;
  target.send(answer);
  EXPECT_EQ(target.session.take_function_response(), kNoSuchTask);
  EXPECT_EQ(read->done, 0);
  target.respond(command, 8);
  EXPECT_EQ(read->done, 1);
}

// --- Texts
// -----------------------------------------------------------------------------------------------------

TEST_F(Hostile, ATextComesInPartsAndHasAnEnd) {
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

// --- Digests
// ---------------------------------------------------------------------------------------------------

TEST_F(Hostile, WhatIsDamagedOnTheWayEndsTheSession) {
  for (const bool header : {true, false}) {
    Parameters wanted = parameters();
    wanted.header_digest = wanted.data_digest = DigestChoice::crc32c;
    PlayedTarget end(wanted);
    end.login({"HeaderDigest=CRC32C", "DataDigest=CRC32C"});
    end.digests = {.header = true, .data = true};
    const auto read = make_read(0, 8);
    end.session.submit(read->command);
    const Pdu command = end.take();
    end.send(end.data_in(command, 0, 0, 0), pattern(512, 1), false);
    ASSERT_EQ(end.violation(), "");
    (header ? end.damage_header : end.damage_data) = true;
    end.send(end.data_in(command, 1, 512, kFinalStatus), pattern(3584, 1));
    EXPECT_THAT(end.violation(), HasSubstr(header ? "header digest" : "data digest"));
    EXPECT_EQ(read->done, 0);
  }
}

}  // namespace
}  // namespace io::iscsi::initiator
