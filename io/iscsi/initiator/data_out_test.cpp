// Data-Out: what is sent of its own accord and what is asked for, R2Ts that are wrong, and buffers
// that the caller gets back while their data is on the way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/iscsi/initiator/testing/ends.h"

namespace io::iscsi::initiator {
namespace {

using iscsi::testing::Pdu;
using ::testing::HasSubstr;
using testing::make_read;
using testing::make_ready;
using testing::make_write;
using testing::parameters;
using testing::PlayedTarget;

class DataOutOfASession : public testing::LoggedIn {};

TEST_F(DataOutOfASession, R2tThatIsWrong) {
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

TEST_F(DataOutOfASession, MoreR2tsThanAgreedOn) {
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

TEST_F(DataOutOfASession, DataOutFollowsTheR2tsInOrder) {
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
TEST_F(DataOutOfASession, ARefusedWriteLetsGoOfItsBuffer) {
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

// Its place in the table may be taken again only when the row of those that send has passed it.
TEST_F(DataOutOfASession, ARefusedWriteLeavesTheOthersInTheirRow) {
  PlayedTarget end(parameters());
  end.login({"ImmediateData=No", "MaxRecvDataSegmentLength=512"});
  const auto refused = make_write(0, 8, 1);
  const auto other = make_write(0, 8, 2);
  end.session.submit(refused->command);
  end.session.submit(other->command);
  const Pdu first = end.take();
  const Pdu second = end.take();
  end.send(end.r2t(first, 0, 0, 4096, 5), {}, false);
  end.send(end.r2t(second, 0, 0, 4096, 6), {}, false);
  end.respond(first, 2);
  ASSERT_EQ(refused->done, 1);
  const auto next = make_write(0, 8, 3);
  end.session.submit(next->command);
  Pdu third;
  std::vector<uint8_t> data;
  const auto take_all = [&] {
    while (!end.silent()) {
      const Pdu pdu = end.take();
      if (pdu.opcode() == kScsiCommand) {
        third = pdu;
      } else {
        data.insert(data.end(), pdu.data.begin(), pdu.data.end());
      }
    }
  };
  take_all();
  EXPECT_EQ(data, other->bytes);
  end.send(end.r2t(third, 0, 0, 4096, 7), {}, false);
  data.clear();
  take_all();
  EXPECT_EQ(data, next->bytes);
  end.respond(second);
  end.respond(third);
  EXPECT_TRUE(other->good() && next->good() && end.session.idle());
}

TEST_F(DataOutOfASession, AWriteIsNotGoodBeforeItsDataHasGone) {
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

TEST_F(DataOutOfASession, WhatAWriteDidNotTakeIsMissing) {
  const auto write = make_write(0, 256, 1);  // of which the first burst goes out
  const Pdu command = submit(*write);
  while (!target.silent()) {
    target.take();
  }
  target.respond(command);
  EXPECT_EQ(write->done, 1);
  EXPECT_EQ(write->command.residual_bytes, 131072U - 65536U);
}

}  // namespace
}  // namespace io::iscsi::initiator
