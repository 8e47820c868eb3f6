// Task management, over commands at the array and over those that still wait for their data.
#include <gtest/gtest.h>

#include <array>

#include "io/iscsi/testing/initiator.h"

namespace io::iscsi {
namespace {

using testing::Initiator;
using testing::pattern;
using testing::Pdu;
using testing::TestTarget;

constexpr uint64_t kLun1 = uint64_t{1} << 48;
constexpr uint64_t kNoSuchLun = uint64_t{77} << 48;
constexpr uint64_t kDelayNs = 1'000'000;
enum Answers : uint8_t { kComplete = 0, kTaskMissing = 1, kLunMissing = 2, kUnsupported = 5 };

class TasksTest : public ::testing::Test {
 protected:
  void SetUp() override {
    host.login({"ImmediateData=No"});
    other.login({"ImmediateData=No"});
  }
  // A command that the array holds.
  uint32_t held(Initiator& from, uint64_t lun = 0) {
    world.array->port_faults(0).delay_ns = kDelayNs;
    world.array->port_faults(1).delay_ns = kDelayNs;
    const uint32_t tag = from.command(scsi::make_read(0, 1), {.read = true}, 512, {}, lun);
    EXPECT_TRUE(from.silent());
    return tag;
  }
  // A command that waits for its data; its R2T's tag goes to `r2t_tag`.
  uint32_t awaiting(Initiator& from, uint32_t& r2t_tag, uint64_t lun = 0) {
    const uint32_t tag = from.command(scsi::make_write(0, 8), {.write = true}, 4096, {}, lun);
    const Pdu r2t = from.take();
    EXPECT_EQ(r2t.opcode(), kReadyToTransfer);
    r2t_tag = r2t.header.field(20);
    return tag;
  }
  uint8_t manage(uint8_t function, uint64_t lun, uint32_t tag = kNoTag) {
    const Pdu pdu = host.manage(function, lun, tag);
    EXPECT_EQ(pdu.opcode(), kTaskManagementResponse);
    return pdu.header.raw[2];
  }
  bool finishes_nothing(Initiator& from) {
    world.scheduler.advance(2 * kDelayNs);
    return from.silent() && from.connection.command_count() == 0;
  }
  unsigned attention(Initiator& from, uint64_t lun = 0) {
    world.array->port_faults(0).delay_ns = 0;
    world.array->port_faults(1).delay_ns = 0;
    from.command(scsi::make_test_unit_ready(), {}, 0, {}, lun);
    const Pdu pdu = from.take();
    return pdu.scsi_status() == 0 ? 0 : pdu.sense_code();
  }

  TestTarget world;
  Initiator host{world};
  Initiator other{world, 1};
  uint32_t transfer = 0;
};

TEST_F(TasksTest, AbortTaskAtTheArray) {
  const uint32_t tag = held(host);
  held(other);
  EXPECT_EQ(manage(1, 0, tag), kComplete);
  EXPECT_TRUE(finishes_nothing(host));
  EXPECT_EQ(other.take().opcode(), kDataIn) << "the other session's command is untouched";
}

TEST_F(TasksTest, AbortTaskThatWaitsForData) {
  const uint32_t tag = awaiting(host, transfer);
  EXPECT_EQ(manage(1, 0, tag), kComplete);
  host.data_out(tag, transfer, 0, 0, pattern(4096, 1), true);
  EXPECT_TRUE(finishes_nothing(host));
  EXPECT_EQ(host.medium(0, 4096), std::vector<uint8_t>(4096, 0));
}

TEST_F(TasksTest, AbortTaskThatIsNotThere) {
  EXPECT_EQ(manage(1, 0, 4242), kTaskMissing);
  EXPECT_EQ(manage(1, kNoSuchLun, 4242), kLunMissing);
}

TEST_F(TasksTest, AbortTaskSetIsOfOneSessionAndOneUnit) {
  held(host);
  awaiting(host, transfer);
  const uint32_t stays = held(host, kLun1);
  held(other);
  EXPECT_EQ(manage(2, 0), kComplete);
  EXPECT_EQ(host.connection.command_count(), 1U);
  world.scheduler.advance(2 * kDelayNs);
  EXPECT_EQ(host.take().header.initiator_tag(), stays);
  EXPECT_TRUE(host.silent());
  EXPECT_EQ(other.take().opcode(), kDataIn);
}

TEST_F(TasksTest, ClearTaskSetReachesAllSessionsAndTellsThem) {
  held(host);
  held(other);
  uint32_t theirs = 0;
  const uint32_t tag = awaiting(other, theirs);
  EXPECT_EQ(manage(4, 0), kComplete);
  EXPECT_TRUE(finishes_nothing(host));
  EXPECT_TRUE(finishes_nothing(other));
  other.data_out(tag, theirs, 0, 0, pattern(4096, 1), true);
  EXPECT_TRUE(other.silent());
  EXPECT_EQ(attention(other), 0x2f00U);
  EXPECT_EQ(attention(host), 0U);
}

TEST_F(TasksTest, LogicalUnitResetWhileDataIsArriving) {
  const uint32_t tag = awaiting(other, transfer);
  // Half of a Data-Out PDU has come when the reset hits.
  Header header;
  header.raw[0] = kDataOut;
  header.raw[1] = 0x80;
  header.set_data_bytes(4096);
  header.set(16, tag);
  header.set(20, transfer);
  other.feed(header.raw);
  other.feed(pattern(2000, 1));
  EXPECT_EQ(manage(5, 0), kComplete);
  std::array<iovec, 2> buffers;
  EXPECT_EQ(other.connection.input_buffers(buffers), 1U) << "no more into the command's memory";
  other.feed(pattern(2096, 1));
  EXPECT_TRUE(finishes_nothing(other));
  EXPECT_EQ(attention(other), 0x2903U);
  EXPECT_EQ(attention(host), 0x2903U);
  EXPECT_EQ(attention(host, kLun1), 0U);
  EXPECT_EQ(host.medium(0, 4096), std::vector<uint8_t>(4096, 0));
}

TEST_F(TasksTest, TargetWarmResetReachesEveryUnit) {
  held(other);
  held(other, kLun1);
  awaiting(host, transfer, kLun1);
  EXPECT_EQ(manage(6, 0), kComplete);
  EXPECT_TRUE(finishes_nothing(other));
  EXPECT_TRUE(finishes_nothing(host));
  EXPECT_EQ(attention(other), 0x2903U);
  EXPECT_EQ(attention(other, kLun1), 0x2903U);
}

TEST_F(TasksTest, TargetColdResetEndsAllSessions) {
  held(other);
  EXPECT_EQ(manage(7, 0), kComplete);
  EXPECT_EQ(other.resets, 1);
  EXPECT_TRUE(other.connection.over());
  EXPECT_TRUE(host.connection.over()) << "after its answer";
  EXPECT_EQ(host.resets, 0);
  EXPECT_EQ(world.array->nexus_count(), 0U);
  EXPECT_EQ(world.array->task_count(), 0U);
}

TEST_F(TasksTest, WhatIsNotSupportedSaysSo) {
  EXPECT_EQ(manage(3, 0), kUnsupported);
  EXPECT_EQ(manage(8, 0), 4);
  EXPECT_EQ(manage(0x55, 0), kUnsupported);
  EXPECT_EQ(manage(5, kNoSuchLun), kLunMissing);
}

TEST_F(TasksTest, ATaskManagementRequestOutOfOrderIsIgnored) {
  const uint32_t tag = held(host);
  Header abort = host.request(kTaskManagement, 0x81);
  abort.set(20, tag);
  abort.set(24, abort.command_sn() + 3);
  host.send(abort);
  EXPECT_TRUE(host.silent());
  EXPECT_EQ(host.connection.command_count(), 1U);
}

TEST_F(TasksTest, CommandsOfAnEndedSessionAreNeverExecuted) {
  const uint32_t tag = awaiting(host, transfer);
  world.array->freeze_controller(0, true);
  host.data_out(tag, transfer, 0, 0, pattern(4096, 1), true);
  ASSERT_EQ(world.array->task_count(), 1U);
  host.connection.abandon();
  EXPECT_EQ(world.array->task_count(), 0U);
  EXPECT_EQ(host.connection.command_count(), 0U);
  world.array->freeze_controller(0, false);
  EXPECT_TRUE(host.silent());
  EXPECT_EQ(host.medium(0, 4096), std::vector<uint8_t>(4096, 0));
}

TEST_F(TasksTest, AReinstatedSessionLosesWhatItHadUnderWay) {
  const uint32_t tag = awaiting(host, transfer);
  held(host);
  Initiator again(world);
  world.array->port_faults(0).delay_ns = 0;
  again.login();
  EXPECT_EQ(host.resets, 1);
  host.data_out(tag, transfer, 0, 0, pattern(4096, 1), true);
  world.scheduler.advance(2 * kDelayNs);
  EXPECT_TRUE(host.silent());
  EXPECT_EQ(host.medium(0, 4096), std::vector<uint8_t>(4096, 0));
}

}  // namespace
}  // namespace io::iscsi
