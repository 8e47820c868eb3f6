// Data-In: where it may go, and what of it ends the session. Nothing is written outside the
// caller's buffers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/iscsi/initiator/testing/ends.h"

namespace io::iscsi::initiator {
namespace {

using iscsi::testing::pattern;
using iscsi::testing::Pdu;
using ::testing::HasSubstr;
using testing::make_read;
using testing::make_write;
using testing::parameters;
using testing::PlayedTarget;

constexpr uint8_t kFinalStatus = 0x81;

class DataInOfATarget : public testing::LoggedIn {};

TEST_F(DataInOfATarget, DataInThatDoesNotFit) {
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

TEST_F(DataInOfATarget, DataInPastTheEndOfWhatIsLeft) {
  const auto read = make_read(0, 8);
  const Pdu command = submit(*read);
  target.send(target.data_in(command, 0, 0, 0), pattern(512, 1), false);
  target.send(target.data_in(command, 1, 512, kFinalStatus), pattern(3588, 1));
  EXPECT_THAT(target.violation(), HasSubstr("3588 bytes at offset 512 of 4096 bytes"));
  EXPECT_EQ(read->bytes[512], 0xee);
}

TEST_F(DataInOfATarget, DataInGoesOnWhereItStopped) {
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

TEST_F(DataInOfATarget, DataInForAWriteAndForWhatWasNotSent) {
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

TEST_F(DataInOfATarget, WhatIsDamagedOnTheWayEndsTheSession) {
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
