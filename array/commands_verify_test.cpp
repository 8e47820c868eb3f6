// VERIFY, WRITE AND VERIFY, COMPARE AND WRITE.
#include <gtest/gtest.h>

#include "array/testing/rig.h"
#include "scsi/opcodes.h"

namespace array {
namespace {

using testing::Host;
using testing::Outcome;
using testing::pattern;
using testing::Raw;
using testing::Rig;

constexpr size_t kBlock = 512;
constexpr unsigned kMediumOnly = 0x00;
constexpr unsigned kEachBlock = 0x02;
constexpr unsigned kOneForAll = 0x06;

// The three lengths of a command at LBA 2, two blocks.
std::vector<scsi::Cdb> forms(uint8_t opcode10, uint8_t opcode12, uint8_t opcode16, unsigned flags) {
  std::vector<scsi::Cdb> cdbs(3);
  cdbs[0].length = 10;
  cdbs[0].bytes = {opcode10, static_cast<uint8_t>(flags), 0, 0, 0, 2, 0, 0, 2};
  cdbs[1].length = 12;
  cdbs[1].bytes = {opcode12, static_cast<uint8_t>(flags), 0, 0, 0, 2, 0, 0, 0, 2};
  cdbs[2].length = 16;
  cdbs[2].bytes = {opcode16, static_cast<uint8_t>(flags), 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 2};
  return cdbs;
}

struct VerifyTest : ::testing::Test {
  VerifyTest() { host.send(scsi::make_write(2, 2), stored); }

  Rig rig;
  Host& host = rig.host();
  const Raw stored = pattern(2 * kBlock, 9);
};

TEST_F(VerifyTest, EachBlock) {
  for (const scsi::Cdb& cdb : forms(0x2f, 0xaf, 0x8f, kEachBlock)) {
    EXPECT_EQ(host.send(cdb, stored).status, scsi::kGood);
    Raw other = stored;
    other[700] ^= 1;
    const Outcome outcome = host.send(cdb, other);
    EXPECT_EQ(outcome.code(), 0x0e1d00u);
    EXPECT_EQ(outcome.sense.information, 700u) << "where it differs";
    EXPECT_EQ(host.send(cdb, Raw(kBlock)).code(), 0x050e03u) << "too few data";
  }
}

TEST_F(VerifyTest, OneBlockForAll) {
  host.send(scsi::make_write(2, 2), Raw(2 * kBlock, 'x'));
  for (const scsi::Cdb& cdb : forms(0x2f, 0xaf, 0x8f, kOneForAll)) {
    EXPECT_EQ(host.send(cdb, Raw(kBlock, 'x')).status, scsi::kGood);
    EXPECT_EQ(host.send(cdb, Raw(kBlock, 'y')).code(), 0x0e1d00u);
  }
  host.send(scsi::make_write(3, 1), Raw(kBlock, 'z'));
  const Outcome outcome = host.send(forms(0x2f, 0xaf, 0x8f, kOneForAll)[0], Raw(kBlock, 'x'));
  EXPECT_EQ(outcome.code(), 0x0e1d00u);
  EXPECT_EQ(outcome.sense.information, kBlock);
}

TEST_F(VerifyTest, MediumOnlyWantsNoData) {
  for (const scsi::Cdb& cdb : forms(0x2f, 0xaf, 0x8f, kMediumOnly)) {
    EXPECT_EQ(host.send(cdb).status, scsi::kGood);
  }
  EXPECT_EQ(host.send({0x2f, 0, 0, 0, 0x80, 0, 0, 0, 1, 0}).code(), 0x052100u);
  EXPECT_EQ(host.send({0x2f, 0x04, 0, 0, 0, 0, 0, 0, 1, 0}).code(), 0x052400u) << "reserved BYTCHK";
}

TEST_F(VerifyTest, WriteAndVerifyWrites) {
  const Raw fresh = pattern(2 * kBlock, 77);
  for (const scsi::Cdb& cdb : forms(0x2e, 0xae, 0x8e, kEachBlock)) {
    host.send(scsi::make_write(2, 2), stored);
    EXPECT_EQ(host.send(cdb, fresh).status, scsi::kGood);
    EXPECT_EQ(host.send(scsi::make_read(2, 2)).data, fresh);
  }
  EXPECT_EQ(host.send({0x2e, 0x04, 0, 0, 0, 0, 0, 0, 1, 0}, Raw(kBlock)).code(), 0x052400u);
}

TEST_F(VerifyTest, CompareAndWrite) {
  const Raw fresh = pattern(2 * kBlock, 33);
  Raw both = stored;
  both.insert(both.end(), fresh.begin(), fresh.end());
  const auto send = [&](const Raw& data, unsigned blocks = 2) {
    return host.send({0x89, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, blocks, 0, 0}, data);
  };
  EXPECT_EQ(send(both).status, scsi::kGood);
  EXPECT_EQ(host.send(scsi::make_read(2, 2)).data, fresh);
  const Outcome again = send(both);
  EXPECT_EQ(again.code(), 0x0e1d00u) << "the stored data are others now";
  EXPECT_EQ(again.sense.information, 0u);
  EXPECT_EQ(host.send(scsi::make_read(2, 2)).data, fresh) << "and stay what they were";
  for (const unsigned blocks : {0U, 1U, 3U}) {
    const Outcome outcome = send(Raw(4 * kBlock), blocks);
    EXPECT_EQ(outcome.code(), 0x052400u) << "data for two blocks, not for " << blocks;
    EXPECT_EQ(outcome.field(), 13u);
  }
  EXPECT_EQ(send({}, 0).status, scsi::kGood);
}

TEST_F(VerifyTest, CompareAndWriteRefusals) {
  EXPECT_EQ(
      host.send({0x89, 0x20, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0}, Raw(2 * kBlock)).code(),
      0x052400u);
  EXPECT_EQ(
      host.send({0x89, 0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 1, 0, 0}, Raw(2 * kBlock)).code(),
      0x052100u);
  Rig read_only(LunConfig{.size_bytes = 1U << 20, .read_only = true});
  EXPECT_EQ(read_only.host()
                .send({0x89, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0}, Raw(2 * kBlock))
                .code(),
            0x072700u);
}

}  // namespace
}  // namespace array
