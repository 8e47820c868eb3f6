// The data of writes: immediate, unsolicited, by R2T, and everything that can be wrong with it.
#include <gtest/gtest.h>

#include "io/iscsi/testing/initiator.h"

namespace io::iscsi {
namespace {

using testing::Initiator;
using testing::pattern;
using testing::Pdu;
using testing::TestTarget;

constexpr Initiator::Flags kWrites{.write = true};
constexpr Initiator::Flags kMoreFollows{.write = true, .final = false};
constexpr unsigned kUnexpectedUnsolicited = 0x0c0c;
constexpr unsigned kIncorrectAmount = 0x0c0d;
constexpr unsigned kSequenceError = 0x4705;

class DataTest : public ::testing::Test {
 protected:
  using Bytes = std::vector<uint8_t>;
  static Bytes part(const Bytes& all, size_t offset, size_t count) {
    const auto from = all.begin() + static_cast<std::ptrdiff_t>(offset);
    return {from, from + static_cast<std::ptrdiff_t>(count)};
  }
  Pdu expect_r2t(uint32_t tag, uint32_t number, uint32_t offset, uint32_t length) {
    Pdu pdu = host.take();
    EXPECT_EQ(pdu.opcode(), kReadyToTransfer);
    EXPECT_EQ(pdu.flags(), 0x80);
    EXPECT_EQ(pdu.header.initiator_tag(), tag);
    EXPECT_NE(pdu.header.field(20), kNoTag);
    EXPECT_EQ(pdu.header.field(36), number);
    EXPECT_EQ(pdu.header.field(40), offset);
    EXPECT_EQ(pdu.header.field(44), length);
    return pdu;
  }
  void expect_good(uint32_t tag) {
    const Pdu pdu = host.take();
    EXPECT_EQ(pdu.opcode(), kScsiResponse);
    EXPECT_EQ(pdu.header.initiator_tag(), tag);
    EXPECT_EQ(pdu.scsi_status(), 0);
    EXPECT_EQ(pdu.flags(), 0x80);
    EXPECT_TRUE(host.silent());
  }
  void expect_aborted(unsigned code) {
    const Pdu pdu = host.take();
    EXPECT_EQ(pdu.opcode(), kScsiResponse);
    EXPECT_EQ(pdu.scsi_status(), 2);
    EXPECT_EQ(pdu.sense_key(), 0xb);
    EXPECT_EQ(pdu.sense_code(), code);
    EXPECT_EQ(host.connection.command_count(), 0U);
    EXPECT_EQ(host.medium(0, 4096), Bytes(4096, 0)) << "nothing of it was written";
  }

  TestTarget world;
  Initiator host{world};
};

TEST_F(DataTest, ImmediateDataAlone) {
  host.login();
  const Bytes data = pattern(4096, 1);
  expect_good(host.command(scsi::make_write(3, 8), kWrites, 4096, data));
  EXPECT_EQ(host.medium(3 * 512, 4096), data);
}

TEST_F(DataTest, EverythingByR2tInBursts) {
  host.login({"MaxBurstLength=8192", "ImmediateData=No"});
  const Bytes data = pattern(20480, 2);
  const uint32_t tag = host.command(scsi::make_write(0, 40), kWrites, 20480);
  for (uint32_t offset = 0, number = 0; offset < 20480; offset += 8192, ++number) {
    const uint32_t length = std::min(8192U, 20480 - offset);
    const Pdu r2t = expect_r2t(tag, number, offset, length);
    EXPECT_TRUE(host.silent()) << "one R2T at a time";
    for (uint32_t done = 0, sn = 0; done < length; done += 2048, ++sn) {
      host.data_out(tag, r2t.header.field(20), sn, offset + done, part(data, offset + done, 2048),
                    done + 2048 == length);
    }
  }
  expect_good(tag);
  EXPECT_EQ(host.medium(0, 20480), data);
}

TEST_F(DataTest, ImmediateThenUnsolicitedThenR2t) {
  host.login({"InitialR2T=No", "FirstBurstLength=4096", "MaxBurstLength=65536"});
  host.set_chunk(777);
  const Bytes data = pattern(16384, 3);
  const uint32_t tag =
      host.command(scsi::make_write(0, 32), kMoreFollows, 16384, part(data, 0, 1024));
  EXPECT_TRUE(host.silent()) << "unsolicited data is awaited first";
  host.data_out(tag, kNoTag, 0, 1024, part(data, 1024, 2048), false);
  host.data_out(tag, kNoTag, 1, 3072, part(data, 3072, 1024), true);
  const Pdu r2t = expect_r2t(tag, 0, 4096, 12288);
  host.data_out(tag, r2t.header.field(20), 0, 4096, part(data, 4096, 12288), true);
  expect_good(tag);
  EXPECT_EQ(host.medium(0, 16384), data);
}

TEST_F(DataTest, UnsolicitedDataMayEndBeforeTheFirstBurstIsFull) {
  host.login({"InitialR2T=No", "FirstBurstLength=4096"});
  const Bytes data = pattern(8192, 4);
  const uint32_t tag = host.command(scsi::make_write(0, 16), kMoreFollows, 8192);
  host.data_out(tag, kNoTag, 0, 0, part(data, 0, 512), true);
  const Pdu r2t = expect_r2t(tag, 0, 512, 7680);
  host.data_out(tag, r2t.header.field(20), 0, 512, part(data, 512, 7680), true);
  expect_good(tag);
  EXPECT_EQ(host.medium(0, 8192), data);
}

TEST_F(DataTest, LengthsThatAreNoMultipleOfFour) {
  host.login({"MaxBurstLength=1023"});
  const Bytes data = pattern(1024, 5);
  const uint32_t tag = host.command(scsi::make_write(0, 2), kWrites, 1024, part(data, 0, 1));
  const Pdu r2t = expect_r2t(tag, 0, 1, 1023);
  host.data_out(tag, r2t.header.field(20), 0, 1, part(data, 1, 501), false);
  host.data_out(tag, r2t.header.field(20), 1, 502, part(data, 502, 522), true);
  expect_good(tag);
  EXPECT_EQ(host.medium(0, 1024), data);
}

TEST_F(DataTest, WritesInterleave) {
  host.login({"ImmediateData=No"});
  const Bytes a = pattern(4096, 6);
  const Bytes b = pattern(4096, 7);
  const uint32_t first = host.command(scsi::make_write(0, 8), kWrites, 4096);
  const uint32_t second = host.command(scsi::make_write(8, 8), kWrites, 4096);
  const Pdu r2t_first = expect_r2t(first, 0, 0, 4096);
  const Pdu r2t_second = expect_r2t(second, 0, 0, 4096);
  EXPECT_NE(r2t_first.header.field(20), r2t_second.header.field(20));
  host.data_out(second, r2t_second.header.field(20), 0, 0, part(b, 0, 1024), false);
  host.data_out(first, r2t_first.header.field(20), 0, 0, a, true);
  expect_good(first);
  host.data_out(second, r2t_second.header.field(20), 1, 1024, part(b, 1024, 3072), true);
  expect_good(second);
  EXPECT_EQ(host.medium(0, 4096), a);
  EXPECT_EQ(host.medium(4096, 4096), b);
}

TEST_F(DataTest, ImmediateDataThatWasNotAgreedOrIsTooMuch) {
  host.login({"ImmediateData=No"});
  host.command(scsi::make_write(0, 8), kWrites, 4096, pattern(512, 1));
  expect_aborted(kUnexpectedUnsolicited);
  Initiator other(world, 1);
  other.login({"FirstBurstLength=512"});
  other.command(scsi::make_write(0, 8), kWrites, 4096, pattern(1024, 1));
  EXPECT_EQ(other.take().sense_code(), kUnexpectedUnsolicited);
  other.command(scsi::make_write(0, 1), kWrites, 100, pattern(104, 1));
  EXPECT_EQ(other.take().sense_code(), kUnexpectedUnsolicited) << "more than expected in all";
}

TEST_F(DataTest, UnsolicitedDataThatWasNotAgreed) {
  host.login();  // InitialR2T=Yes
  host.command(scsi::make_write(0, 8), kMoreFollows, 4096);
  expect_aborted(kUnexpectedUnsolicited);
  const uint32_t tag = host.command(scsi::make_write(0, 8), kWrites, 4096);
  expect_r2t(tag, 0, 0, 4096);
  host.data_out(tag, kNoTag, 0, 0, pattern(4096, 1), true);
  expect_aborted(kUnexpectedUnsolicited);
}

TEST_F(DataTest, WrongNumbersEndTheCommandNotTheConnection) {
  host.login({"ImmediateData=No"});
  const auto begin = [&] {
    const uint32_t tag = host.command(scsi::make_write(0, 8), kWrites, 4096);
    return std::pair(tag, expect_r2t(tag, 0, 0, 4096).header.field(20));
  };
  auto [tag, transfer] = begin();
  host.data_out(tag, transfer, 1, 0, pattern(4096, 1), true);
  expect_aborted(kSequenceError);
  std::tie(tag, transfer) = begin();
  host.data_out(tag, transfer, 0, 512, pattern(512, 1), true);
  expect_aborted(kIncorrectAmount);
  std::tie(tag, transfer) = begin();
  host.data_out(tag, transfer, 0, 0, pattern(4100, 1), false);
  expect_aborted(kIncorrectAmount);
  std::tie(tag, transfer) = begin();
  host.data_out(tag, transfer, 0, 0, pattern(512, 1), true);  // F, but data is missing
  expect_aborted(kIncorrectAmount);
  std::tie(tag, transfer) = begin();
  host.data_out(tag, transfer, 0, 0, pattern(4096, 1), false);  // all there, but no F
  expect_aborted(kIncorrectAmount);
  host.data_out(tag, transfer, 1, 4096, {}, true);  // the straggler is swallowed
  EXPECT_TRUE(host.silent());
  EXPECT_EQ(host.resets, 0);
}

TEST_F(DataTest, DataForNobodyIsSwallowed) {
  host.login({"ImmediateData=No"});
  host.data_out(4242, kNoTag, 0, 0, pattern(1000, 1), true);
  const uint32_t tag = host.command(scsi::make_write(0, 8), kWrites, 4096);
  const Pdu r2t = expect_r2t(tag, 0, 0, 4096);
  host.data_out(tag, r2t.header.field(20) + 1, 0, 0, pattern(4096, 1), true);
  EXPECT_TRUE(host.silent());
  host.data_out(tag, r2t.header.field(20), 0, 0, pattern(4096, 2), true);
  expect_good(tag);
  EXPECT_EQ(host.medium(0, 4096), pattern(4096, 2));
}

TEST_F(DataTest, FewerDataThanTheCdbAsksForAreWrittenAndCounted) {
  host.login();
  host.command(scsi::make_write(0, 8), kWrites, 2048, pattern(2048, 1));
  const Pdu pdu = host.take();
  EXPECT_EQ(pdu.scsi_status(), 0);
  EXPECT_EQ(pdu.flags(), 0x84) << "overflow";
  EXPECT_EQ(pdu.residual(), 2048U);
  Bytes expected = pattern(2048, 1);
  expected.resize(4096);
  EXPECT_EQ(host.medium(0, 4096), expected);
}

TEST_F(DataTest, HalfABlockIsNeverWritten) {
  host.login();
  host.command(scsi::make_write(0, 8), kWrites, 1000, pattern(1000, 1));
  const Pdu pdu = host.take();
  EXPECT_EQ(pdu.scsi_status(), 2);
  EXPECT_EQ(pdu.flags(), 0x84) << "overflow";
  EXPECT_EQ(pdu.residual(), 3096U);
  EXPECT_EQ(host.medium(0, 4096), Bytes(4096, 0));
}

TEST_F(DataTest, MoreDataThanTheCdbAsksForIsAnUnderflow) {
  host.login();
  host.command(scsi::make_write(0, 2), kWrites, 2048, pattern(2048, 1));
  const Pdu pdu = host.take();
  EXPECT_EQ(pdu.scsi_status(), 0);
  EXPECT_EQ(pdu.flags(), 0x82);
  EXPECT_EQ(pdu.residual(), 1024U);
  EXPECT_EQ(host.medium(0, 1024), part(pattern(2048, 1), 0, 1024));
  EXPECT_EQ(host.medium(1024, 1024), Bytes(1024, 0));
}

TEST_F(DataTest, AConnectionThatDiesBetweenItsDataWritesNothing) {
  {
    Initiator dying(world, 1);
    dying.login({"ImmediateData=No"});
    const uint32_t tag = dying.command(scsi::make_write(0, 8), kWrites, 4096);
    const uint32_t transfer = dying.take().header.field(20);
    dying.data_out(tag, transfer, 0, 0, pattern(2048, 1), false);
  }
  EXPECT_EQ(world.array->nexus_count(), 0U);
  host.login();
  EXPECT_EQ(host.medium(0, 4096), Bytes(4096, 0));
}

TEST_F(DataTest, DataIsAskedForOnlyAsFarAsThereIsRoom) {
  host.login({"ImmediateData=No", "MaxBurstLength=1048576"});
  constexpr uint32_t kLarge = 4U << 20;
  constexpr uint32_t kFit = kMaxSolicitedBytes / kLarge;
  std::vector<std::pair<uint32_t, uint32_t>> asked;
  std::vector<uint32_t> tags;
  for (uint32_t i = 0; i < kFit + 3; ++i) {
    tags.push_back(host.command(scsi::make_write(0, kLarge / 512), kWrites, kLarge));
    if (!host.silent()) {
      asked.emplace_back(tags.back(), host.take().header.field(20));
    }
  }
  EXPECT_EQ(asked.size(), kFit);
  // One of those that wait is aborted, one that is being served too: the next in line is asked.
  EXPECT_EQ(host.manage(1, 0, tags[kFit]).header.raw[2], 0);
  Header abort = host.request(kTaskManagement, 0x81, true);
  abort.set(20, tags[0]);
  host.send(abort);
  const Pdu r2t = host.take();
  EXPECT_EQ(r2t.opcode(), kReadyToTransfer);
  EXPECT_EQ(r2t.header.initiator_tag(), tags[kFit + 1]);
  EXPECT_EQ(host.take().opcode(), kTaskManagementResponse);
  EXPECT_TRUE(host.silent());
}

}  // namespace
}  // namespace io::iscsi
