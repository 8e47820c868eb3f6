// SCSI commands without data from the initiator: reads, status, sense, residuals, the command
// window.
#include <gtest/gtest.h>

#include "io/iscsi/testing/initiator.h"

namespace io::iscsi {
namespace {

using testing::Initiator;
using testing::Pdu;
using testing::TestTarget;

constexpr Initiator::Flags kReads{.read = true};
constexpr uint8_t kS = 0x01;
constexpr uint8_t kU = 0x02;
constexpr uint8_t kO = 0x04;
constexpr uint8_t kF = 0x80;

class CommandsTest : public ::testing::Test {
 protected:
  void fill(size_t count) {
    content = testing::pattern(count, 1);
    ASSERT_TRUE(world.array->lun(0).backing().write(0, content));
  }
  // Collects the Data-In PDUs of one command; checks offsets, DataSN and lengths on the way.
  std::vector<Pdu> data_in(uint32_t tag, std::vector<uint8_t>& data) {
    std::vector<Pdu> pdus;
    do {
      pdus.push_back(host.take());
      const Header& header = pdus.back().header;
      EXPECT_EQ(header.opcode(), kDataIn);
      EXPECT_EQ(header.initiator_tag(), tag);
      EXPECT_EQ(header.field(36), pdus.size() - 1);
      EXPECT_EQ(header.field(40), data.size());
      data.insert(data.end(), pdus.back().data.begin(), pdus.back().data.end());
    } while (pdus.back().opcode() == kDataIn && (pdus.back().flags() & kS) == 0);
    return pdus;
  }

  TestTarget world;
  Initiator host{world};
  std::vector<uint8_t> content;
};

TEST_F(CommandsTest, ASmallReadIsOnePduWithItsStatus) {
  host.login();
  fill(4096);
  const uint32_t tag = host.command(scsi::make_read(0, 8), kReads, 4096);
  const Pdu pdu = host.take();
  EXPECT_EQ(pdu.opcode(), kDataIn);
  EXPECT_EQ(pdu.flags(), kF | kS);
  EXPECT_EQ(pdu.scsi_status(), 0);
  EXPECT_EQ(pdu.header.initiator_tag(), tag);
  EXPECT_EQ(pdu.residual(), 0U);
  EXPECT_EQ(pdu.data, content);
  EXPECT_TRUE(host.silent());
}

TEST_F(CommandsTest, DataInIsCutBySegmentLengthAndBurst) {
  host.login({"MaxRecvDataSegmentLength=4096", "MaxBurstLength=10240"});
  fill(32768);
  std::vector<uint8_t> data;
  const uint32_t tag = host.command(scsi::make_read(0, 64), kReads, 32768);
  const auto pdus = data_in(tag, data);
  EXPECT_EQ(data, content);
  ASSERT_EQ(pdus.size(), 10U);  // 4096 4096 2048 | 4096 4096 2048 | 4096 4096 2048 | 2048
  for (size_t i = 0; i < pdus.size(); ++i) {
    EXPECT_EQ(pdus[i].data.size(), i % 3 == 2 || i == 9 ? 2048U : 4096U) << i;
    const bool ends_burst = i % 3 == 2 || i == 9;
    EXPECT_EQ(pdus[i].flags(), (ends_burst ? kF : 0) | (i == 9 ? kS : 0)) << i;
  }
}

TEST_F(CommandsTest, OnlyTheStatusTakesAStatSn) {
  host.login({"MaxRecvDataSegmentLength=512"});
  const uint32_t tag = host.command(scsi::make_read(0, 4), kReads, 2048);
  std::vector<uint8_t> data;
  const auto pdus = data_in(tag, data);
  const uint32_t stat_sn = pdus.back().header.field(24);
  host.command(scsi::make_test_unit_ready(), {}, 0);
  EXPECT_EQ(host.take().header.field(24), stat_sn + 1);
}

TEST_F(CommandsTest, FewerDataThanExpectedIsAnUnderflow) {
  host.login();
  host.command(scsi::make_inquiry(36), kReads, 255);
  const Pdu pdu = host.take();
  EXPECT_EQ(pdu.flags(), kF | kS | kU);
  EXPECT_EQ(pdu.data.size(), 36U);
  EXPECT_EQ(pdu.residual(), 255U - 36);
}

TEST_F(CommandsTest, MoreDataThanExpectedIsCutAndAnOverflow) {
  host.login();
  fill(1024);
  host.command(scsi::make_read(0, 2), kReads, 600);
  const Pdu pdu = host.take();
  EXPECT_EQ(pdu.flags(), kF | kS | kO);
  EXPECT_EQ(pdu.data, std::vector<uint8_t>(content.begin(), content.begin() + 600));
  EXPECT_EQ(pdu.residual(), 424U);
}

TEST_F(CommandsTest, AReadOfWhichNothingIsExpectedIsAnsweredWithoutData) {
  host.login();
  host.command(scsi::make_read(0, 2), kReads, 0);
  const Pdu pdu = host.take();
  EXPECT_EQ(pdu.opcode(), kScsiResponse);
  EXPECT_EQ(pdu.flags(), kF | kO);
  EXPECT_EQ(pdu.residual(), 1024U);
}

TEST_F(CommandsTest, SenseStandsBehindItsLength) {
  host.login();
  host.command(scsi::make_read(1U << 30, 1), kReads, 512);
  const Pdu pdu = host.take();
  EXPECT_EQ(pdu.opcode(), kScsiResponse);
  EXPECT_EQ(pdu.header.raw[2], 0) << "command completed at target";
  EXPECT_EQ(pdu.scsi_status(), 2);
  EXPECT_EQ(pdu.flags(), kF | kU);
  EXPECT_EQ(pdu.residual(), 512U);
  ASSERT_EQ(pdu.data.size(), 20U);
  EXPECT_EQ(base::load_be16(pdu.data.data()), 18);
  EXPECT_EQ(pdu.sense_key(), 5);
  EXPECT_EQ(pdu.sense_code(), 0x2100U);
}

TEST_F(CommandsTest, LogicalUnitsAreToldApart) {
  host.login();
  host.command(scsi::make_read_capacity10(), kReads, 8, {}, uint64_t{1} << 48);
  EXPECT_EQ(base::load_be32(host.take().data.data()), (1U << 20) / 512 - 1);
  host.command(scsi::make_test_unit_ready(), {}, 0, {}, uint64_t{9} << 48);
  EXPECT_EQ(host.take().sense_code(), 0x2500U);
}

TEST_F(CommandsTest, MoreThanEightMebibytesAreNotPromised) {
  host.login();
  host.command(scsi::make_read(0, 8), kReads, kMaxExpectedBytes + 1);
  Pdu pdu = host.take();
  EXPECT_EQ(pdu.scsi_status(), 2);
  EXPECT_EQ(pdu.sense_key(), 5);
  // Unsolicited data that is on its way already is swallowed.
  const uint32_t tag =
      host.command(scsi::make_write(0, 8), {.write = true}, 0xffffffff, testing::pattern(1024, 1));
  EXPECT_EQ(host.take().sense_key(), 5);
  host.data_out(tag, kNoTag, 0, 1024, testing::pattern(1024, 1), true);
  EXPECT_TRUE(host.silent());
  host.command(scsi::make_test_unit_ready(), {}, 0);
  EXPECT_EQ(host.take().scsi_status(), 0);
}

TEST_F(CommandsTest, TheWindowIsWhatIsNotOutstanding) {
  host.login();
  world.array->port_faults(0).delay_ns = 1000;
  const uint32_t first_sn = host.command_sn;
  for (uint32_t i = 0; i < kCommandWindow; ++i) {
    host.command(scsi::make_read(0, 1), kReads, 512);
  }
  EXPECT_EQ(host.connection.command_count(), kCommandWindow);
  host.send(host.request(kNopOut, 0x80, /*immediate=*/true));
  Pdu pdu = host.take();
  EXPECT_EQ(pdu.header.field(28), first_sn + kCommandWindow);
  EXPECT_EQ(pdu.header.field(32), first_sn + kCommandWindow - 1) << "closed";
  host.command(scsi::make_read(0, 1), kReads, 512);
  EXPECT_EQ(host.connection.command_count(), kCommandWindow) << "beyond the window: ignored";
  --host.command_sn;
  world.scheduler.advance(1000);
  EXPECT_GE(host.outputs, 1);
  for (uint32_t i = 0; i < kCommandWindow; ++i) {
    pdu = host.take();
    EXPECT_EQ(pdu.header.field(32), first_sn + kCommandWindow + i) << "it opens one by one";
  }
  host.command(scsi::make_read(0, 1), kReads, 512);
  EXPECT_EQ(host.connection.command_count(), 1U);
}

TEST_F(CommandsTest, ImmediateCommandsHaveALimitOfTheirOwn) {
  host.login();
  world.array->port_faults(0).delay_ns = 1000;
  for (uint32_t i = 0; i < kImmediateCommands; ++i) {
    host.command(scsi::make_test_unit_ready(), {.immediate = true}, 0);
    ASSERT_TRUE(host.silent());
  }
  host.command(scsi::make_test_unit_ready(), {.immediate = true}, 0);
  const Pdu pdu = host.take();
  EXPECT_EQ(pdu.opcode(), kReject);
  EXPECT_EQ(pdu.header.raw[2], kTooManyImmediate);
  EXPECT_EQ(pdu.header.field(32), pdu.header.field(28) + kCommandWindow - 1) << "window untouched";
}

TEST_F(CommandsTest, ATagInUseIsRejected) {
  host.login();
  world.array->port_faults(0).delay_ns = 1000;
  const uint32_t tag = host.command(scsi::make_test_unit_ready(), {}, 0);
  host.next_tag = tag;
  host.command(scsi::make_test_unit_ready(), {}, 0);
  const Pdu pdu = host.take();
  EXPECT_EQ(pdu.opcode(), kReject);
  EXPECT_EQ(pdu.header.raw[2], kTaskInProgress);
  world.scheduler.advance(1000);
  EXPECT_EQ(host.take().opcode(), kScsiResponse);
  EXPECT_TRUE(host.silent());
}

TEST_F(CommandsTest, ADroppedReplyIsExecutedButNotSent) {
  host.login();
  world.array->port_faults(0).drop_replies = 1;
  host.command(scsi::make_write(0, 1), {.write = true}, 512, testing::pattern(512, 9));
  EXPECT_TRUE(host.silent());
  EXPECT_EQ(host.medium(0, 512), testing::pattern(512, 9));
  EXPECT_EQ(host.connection.command_count(), 0U);
  host.command(scsi::make_read(0, 1), kReads, 512);
  EXPECT_EQ(host.take().data, testing::pattern(512, 9));
}

TEST_F(CommandsTest, OtherStatusesPassThrough) {
  host.login();
  world.array->port_faults(0).busy = 1;
  host.command(scsi::make_test_unit_ready(), {}, 0);
  EXPECT_EQ(host.take().scsi_status(), 0x08);
  world.array->port_faults(0).task_set_full = 1;
  host.command(scsi::make_test_unit_ready(), {}, 0);
  const Pdu pdu = host.take();
  EXPECT_EQ(pdu.scsi_status(), 0x28);
  EXPECT_TRUE(pdu.data.empty());
}

TEST_F(CommandsTest, ADiscoverySessionHasNoLogicalUnits) {
  host.login_step(1, 3, testing::text({"InitiatorName=x", "SessionType=Discovery"}));
  host.command(scsi::make_test_unit_ready(), {}, 0);
  EXPECT_EQ(host.take().opcode(), kReject);
}

TEST_F(CommandsTest, NothingIsParsedWhileTheInitiatorDoesNotRead) {
  host.login();
  host.set_reading(false);
  uint32_t sent = 0;
  for (; sent < 100 && host.connection.wants_input(); ++sent) {
    host.command(scsi::make_read(0, 2048), kReads, 1U << 20);
  }
  EXPECT_EQ(sent, 16U) << "16 MiB and their headers are more than may be queued";
  EXPECT_FALSE(host.connection.wants_input());
  uint32_t answered = 0;
  while (!host.silent()) {
    answered += (host.take().flags() & kS) != 0 ? 1 : 0;
  }
  EXPECT_EQ(answered, sent);
  EXPECT_TRUE(host.connection.wants_input());
}

TEST_F(CommandsTest, WhatWaitedInTheReaderGoesOnAsRoomIsMade) {
  host.login();
  host.set_reading(false);
  std::vector<uint8_t> stream;
  for (int i = 0; i < 40; ++i) {
    Header header = host.request(kScsiCommand, 0xc1);
    header.set(20, 1U << 20);
    const auto cdb = scsi::make_read(0, 2048);
    std::copy_n(cdb.bytes.begin(), 16, header.raw.begin() + 32);
    stream.insert(stream.end(), header.raw.begin(), header.raw.end());
  }
  host.feed(stream);  // all in one buffer
  int answered = 0;
  while (!host.silent()) {
    answered += (host.take().flags() & kS) != 0 ? 1 : 0;
  }
  EXPECT_EQ(answered, 40);
}

}  // namespace
}  // namespace io::iscsi
