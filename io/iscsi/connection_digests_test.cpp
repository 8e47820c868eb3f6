// A connection with digests: from which PDU on, over what, and what a wrong one ends. RFC 7143 7.7,
// 7.8.
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include "io/iscsi/testing/initiator.h"

namespace io::iscsi {
namespace {

using testing::Initiator;
using testing::pattern;
using testing::Pdu;
using testing::TestTarget;

constexpr Initiator::Flags kReads{.read = true};
constexpr Initiator::Flags kWrites{.write = true};
constexpr unsigned kCrcError = 0x4705;

class DigestsTest : public ::testing::Test {
 protected:
  DigestsTest() { host.digests = {.header = true, .data = true}; }
  void expect_reject(uint8_t reason, uint32_t tag) {
    const Pdu pdu = host.take();
    EXPECT_EQ(pdu.opcode(), kReject);
    EXPECT_EQ(pdu.header.raw[2], reason);
    ASSERT_EQ(pdu.data.size(), kHeaderBytes) << "the header of what is rejected";
    EXPECT_EQ(base::load_be32(&pdu.data[16]), tag);
  }
  void expect_crc_error(uint32_t tag) {
    const Pdu pdu = host.take();
    EXPECT_EQ(pdu.opcode(), kScsiResponse);
    EXPECT_EQ(pdu.header.initiator_tag(), tag);
    EXPECT_EQ(pdu.scsi_status(), 2);
    EXPECT_EQ(pdu.sense_key(), 0xb);
    EXPECT_EQ(pdu.sense_code(), kCrcError);
  }
  void expect_alive() {
    host.send(host.request(kNopOut), pattern(33, 5));
    EXPECT_EQ(host.take().data, pattern(33, 5));
  }
  TestTarget world;
  Initiator host{world};
};

TEST_F(DigestsTest, DataBothWaysWithEveryCombination) {
  for (const Digests digests : {Digests{}, Digests{.header = true}, Digests{.data = true},
                                Digests{.header = true, .data = true}}) {
    Initiator one(world);
    one.digests = digests;
    one.set_chunk(1000);
    one.login({"MaxRecvDataSegmentLength=8192"});
    const auto data = pattern(65536, 3);
    const uint32_t tag =
        one.command(scsi::make_write(8, 128), kWrites, 65536, {data.begin(), data.begin() + 4096});
    const Pdu ask = one.take();
    ASSERT_EQ(ask.opcode(), kReadyToTransfer);
    one.data_out(tag, ask.header.field(20), 0, 4096, {data.begin() + 4096, data.end()}, true);
    EXPECT_EQ(one.take().scsi_status(), 0);
    EXPECT_EQ(one.medium(4096, 65536), data);
    one.command(scsi::make_read(8, 128), kReads, 65536);
    std::vector<uint8_t> back;
    for (int i = 0; i < 8; ++i) {
      const Pdu piece = one.take();
      back.insert(back.end(), piece.data.begin(), piece.data.end());
    }
    EXPECT_EQ(back, data);
    EXPECT_TRUE(one.silent());
  }
}

TEST_F(DigestsTest, ByteByByteIsTheSame) {
  host.set_chunk(1);
  host.login();
  expect_alive();
}

TEST_F(DigestsTest, AWrongHeaderDigestEndsTheConnectionAtOnce) {
  host.login();
  world.array->port_faults(0).delay_ns = 1000;
  host.command(scsi::make_test_unit_ready(), {}, 0);
  host.damage = Initiator::Damage::header;
  host.send(host.request(kNopOut));
  EXPECT_EQ(host.resets, 1);
  EXPECT_TRUE(host.silent());
  EXPECT_EQ(world.array->nexus_count(), 0U);
  EXPECT_EQ(world.array->task_count(), 0U);
  EXPECT_NE(world.lines.back().find("header digest"), std::string::npos);
}

TEST_F(DigestsTest, AWrongDigestOfSolicitedDataEndsItsCommandWhenAllHasCome) {
  host.login({"MaxBurstLength=8192"});
  const uint32_t tag = host.command(scsi::make_write(0, 32), kWrites, 16384);
  const Pdu ask = host.take();
  const uint32_t transfer_tag = ask.header.field(20);
  host.data_out(tag, transfer_tag, 0, 0, pattern(2048, 1), false);
  host.damage = Initiator::Damage::data;
  host.data_out(tag, transfer_tag, 1, 2048, pattern(2048, 1), false);
  expect_reject(kDataDigestError, tag);
  EXPECT_TRUE(host.silent()) << "the rest of the sequence is awaited";
  host.data_out(tag, transfer_tag, 2, 4096, pattern(4096, 1), true);
  expect_crc_error(tag);
  EXPECT_TRUE(host.silent()) << "and nothing more is asked for";
  EXPECT_EQ(host.medium(0, 16384), std::vector<uint8_t>(16384, 0)) << "nothing was written";
  expect_alive();
}

TEST_F(DigestsTest, AWrongDigestOfTheLastPieceEndsItsCommandAtOnce) {
  host.login();
  const uint32_t tag = host.command(scsi::make_write(0, 8), kWrites, 4096);
  const Pdu ask = host.take();
  host.damage = Initiator::Damage::data;
  host.data_out(tag, ask.header.field(20), 0, 0, pattern(4096, 1), true);
  expect_reject(kDataDigestError, tag);
  expect_crc_error(tag);
  EXPECT_EQ(host.connection.command_count(), 0U);
  expect_alive();
}

TEST_F(DigestsTest, AWrongDigestOfUnsolicitedDataDoesTheSame) {
  host.login({"InitialR2T=No"});
  const uint32_t tag = host.command(scsi::make_write(0, 16), {.write = true, .final = false}, 8192);
  host.damage = Initiator::Damage::data;
  host.data_out(tag, kNoTag, 0, 0, pattern(4096, 1), false);
  expect_reject(kDataDigestError, tag);
  host.data_out(tag, kNoTag, 1, 4096, pattern(4096, 1), true);
  expect_crc_error(tag);
  expect_alive();
}

TEST_F(DigestsTest, AnAbortWhileTheRestIsAwaitedConcludesTheCommand) {
  host.login();
  const uint32_t tag = host.command(scsi::make_write(0, 16), kWrites, 8192);
  const Pdu ask = host.take();
  host.damage = Initiator::Damage::data;
  host.data_out(tag, ask.header.field(20), 0, 0, pattern(4096, 1), false);
  expect_reject(kDataDigestError, tag);
  EXPECT_EQ(host.manage(1, 0, tag).header.raw[2], 0);
  host.data_out(tag, ask.header.field(20), 1, 4096, pattern(4096, 1), true);
  EXPECT_TRUE(host.silent());
  expect_alive();
}

TEST_F(DigestsTest, DamagedDataOfNoCommandIsOnlyRejected) {
  host.login();
  host.damage = Initiator::Damage::data;
  host.data_out(4711, 1, 0, 0, pattern(512, 1), true);
  expect_reject(kDataDigestError, 4711);
  EXPECT_TRUE(host.silent());
  expect_alive();
}

TEST_F(DigestsTest, AWrongDigestInAnyOtherPduIsRejectedAndEndsTheConnection) {
  host.login();
  host.damage = Initiator::Damage::data;
  const uint32_t tag = host.command(scsi::make_write(0, 1), kWrites, 512, pattern(512, 1));
  expect_reject(kDataDigestError, tag);
  EXPECT_TRUE(host.connection.over()) << "a gap in CmdSN that level 0 cannot fill";
  EXPECT_EQ(host.medium(0, 512), std::vector<uint8_t>(512, 0));
  EXPECT_EQ(world.array->nexus_count(), 0U);
  EXPECT_NE(world.lines.back().find("data digest"), std::string::npos);
}

TEST_F(DigestsTest, TheFaultMakesThemWrongForOneAnswer) {
  host.digests.data = false;
  host.login();
  world.array->port_faults(0).bad_digests = 1;
  host.command(scsi::make_read(0, 1), kReads, 512);
  EXPECT_NONFATAL_FAILURE(host.take(), "header digest is wrong");
  host.command(scsi::make_read(0, 1), kReads, 512);
  EXPECT_EQ(host.take().data.size(), 512U);
}

TEST_F(DigestsTest, ADiscoverySessionMayHaveThemToo) {
  const Pdu answer = host.login_step(
      1, 3, testing::text({"InitiatorName=x", "SessionType=Discovery", "HeaderDigest=CRC32C"}));
  EXPECT_NE(answer.text().find("HeaderDigest=CRC32C"), std::string::npos);
  EXPECT_TRUE(host.connection.logged_in());
}

}  // namespace
}  // namespace io::iscsi
