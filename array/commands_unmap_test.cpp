// UNMAP, WRITE SAME and GET LBA STATUS: what is mapped, and that it is told truthfully. Thin LUNs
// with less space than blocks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "array/testing/rig.h"
#include "scsi/capacity.h"
#include "scsi/opcodes.h"
#include "scsi/unmap.h"
#include "scsi/vpd.h"

namespace array {
namespace {

using ::testing::ElementsAre;
using testing::Host;
using testing::Outcome;
using testing::pattern;
using testing::Raw;
using testing::Rig;

constexpr size_t kBlock = 512;
constexpr uint64_t kMiB = 1U << 20;

Outcome send_unmap(Host& host, uint64_t lba, uint32_t blocks) {
  Raw list(24);
  scsi::encode_unmap(list, {lba, blocks});
  return host.send(scsi::make_unmap(24), list);
}

struct Range {
  uint64_t lba;
  uint64_t blocks;
  bool mapped;
  friend bool operator==(const Range&, const Range&) = default;
};

// The ranges of GET LBA STATUS; equal neighbours are one.
std::vector<Range> status(Host& host, uint64_t lba, uint32_t allocation = 4096) {
  scsi::Cdb cdb;
  cdb.length = 16;
  cdb.bytes = {0x9e, 0x12};
  base::store_be64(&cdb.bytes[2], lba);
  base::store_be32(&cdb.bytes[10], allocation);
  const Outcome outcome = host.send(cdb);
  EXPECT_EQ(outcome.status, scsi::kGood);
  std::vector<Range> ranges;
  for (size_t at = 8; at + 16 <= outcome.data.size(); at += 16) {
    const Range range{base::load_be64(&outcome.data[at]), base::load_be32(&outcome.data[at + 8]),
                      outcome.data[at + 12] == 0};
    if (!ranges.empty() && ranges.back().mapped == range.mapped) {
      ranges.back().blocks += range.blocks;
    } else {
      ranges.push_back(range);
    }
  }
  return ranges;
}

TEST(Unmap, BlocksAreMappedByWritesAndUnmapped) {
  Rig rig;
  Host& host = rig.host();
  EXPECT_THAT(status(host, 0), ElementsAre(Range{0, 32768, false}));
  host.send(scsi::make_write(10, 20), pattern(20 * kBlock, 1));
  EXPECT_THAT(status(host, 0),
              ElementsAre(Range{0, 10, false}, Range{10, 20, true}, Range{30, 32738, false}));
  EXPECT_THAT(status(host, 15, 24), ElementsAre(Range{15, 15, true})) << "room for one";
  EXPECT_EQ(send_unmap(host, 12, 3).status, scsi::kGood);
  EXPECT_THAT(status(host, 11, 8 + 3 * 16),
              ElementsAre(Range{11, 1, true}, Range{12, 3, false}, Range{15, 15, true}));
  Raw expected = pattern(20 * kBlock, 1);
  std::fill(expected.begin() + 2 * kBlock, expected.begin() + 5 * kBlock, uint8_t{0});
  EXPECT_EQ(host.send(scsi::make_read(10, 20)).data, expected);
  EXPECT_EQ(host.send({0x9e, 0x12, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 24, 0, 0}).code(),
            0x052100u);
}

TEST(Unmap, FileLunsAskTheFileSystem) {
  if (!testing::file_system_knows_holes()) {
    GTEST_SKIP() << "the file system of " << ::testing::TempDir() << " does not tell small holes";
  }
  const std::string path = ::testing::TempDir() + "dsmkit-unmap.img";
  std::ofstream(path).close();
  ASSERT_EQ(truncate(path.c_str(), 4 * kMiB), 0);
  Rig rig(LunConfig{.file = path});
  Host& host = rig.host();
  const uint64_t unit = rig.array->lun(0).unmap_granularity_blocks();
  ASSERT_EQ(status(host, 0), (std::vector<Range>{{0, 8192, false}}));
  host.send(scsi::make_write(4 * unit, static_cast<uint32_t>(4 * unit)),
            pattern(4 * unit * kBlock, 1));
  EXPECT_EQ(status(host, 0, 40),
            (std::vector<Range>{{0, 4 * unit, false}, {4 * unit, 4 * unit, true}}));
  EXPECT_EQ(send_unmap(host, 5 * unit, static_cast<uint32_t>(unit)).status, scsi::kGood);
  EXPECT_EQ(status(host, 4 * unit, 40),
            (std::vector<Range>{{4 * unit, unit, true}, {5 * unit, unit, false}}));
  std::remove(path.c_str());
}

TEST(Unmap, ListsThatAreWrong) {
  Rig rig;
  Host& host = rig.host();
  EXPECT_EQ(host.send({0x42, 1, 0, 0, 0, 0, 0, 0, 24, 0}, Raw(24)).code(), 0x052400u) << "ANCHOR";
  EXPECT_EQ(host.send(scsi::make_unmap(24), Raw(23)).code(), 0x051a00u);
  EXPECT_EQ(host.send(scsi::make_unmap(0)).status, scsi::kGood);
  EXPECT_EQ(send_unmap(host, 32767, 2).code(), 0x052100u);
  host.send(scsi::make_write(0, 1), Raw(kBlock, 7));
  Raw two(40);  // the first range is good, the second is not: neither is unmapped
  two[1] = 38;
  two[3] = 32;
  base::store_be32(&two[16], 1);
  base::store_be64(&two[24], 40000);
  base::store_be32(&two[32], 1);
  EXPECT_EQ(host.send(scsi::make_unmap(40), two).code(), 0x052100u);
  EXPECT_EQ(host.send(scsi::make_read(0, 1)).data, Raw(kBlock, 7));
  Raw many(8 + 33 * 16);  // one descriptor more than page B0h allows
  base::store_be16(&many[0], static_cast<uint16_t>(many.size() - 2));
  base::store_be16(&many[2], static_cast<uint16_t>(many.size() - 8));
  EXPECT_EQ(host.send(scsi::make_unmap(static_cast<uint16_t>(many.size())), many).code(),
            0x052600u);
}

TEST(WriteSame, FillsOrUnmaps) {
  Rig rig;
  Host& host = rig.host();
  const Raw block = pattern(kBlock, 5);
  EXPECT_EQ(host.send(scsi::make_write_same16(4, 300, {}), block).status, scsi::kGood);
  Raw expected;
  for (int i = 0; i < 300; ++i) {
    expected.insert(expected.end(), block.begin(), block.end());
  }
  EXPECT_EQ(host.send(scsi::make_read(4, 300)).data, expected);
  // Zeros written are mapped; zeros with UNMAP, or without data, are not.
  EXPECT_EQ(host.send(scsi::make_write_same16(4, 4, {}), Raw(kBlock)).status, scsi::kGood);
  EXPECT_THAT(status(host, 4, 24), ElementsAre(Range{4, 300, true}));
  EXPECT_EQ(host.send(scsi::make_write_same16(4, 4, {.unmap = true}), Raw(kBlock)).status,
            scsi::kGood);
  EXPECT_THAT(status(host, 4, 24), ElementsAre(Range{4, 4, false}));
  EXPECT_EQ(host.send(scsi::make_write_same16(8, 4, {.no_data_out = true})).status, scsi::kGood);
  EXPECT_THAT(status(host, 4, 24), ElementsAre(Range{4, 8, false}));
  EXPECT_EQ(host.send(scsi::make_write_same16(12, 1, {.unmap = true}), block).status, scsi::kGood);
  EXPECT_EQ(host.send(scsi::make_read(12, 1)).data, block) << "no zeros: written, not unmapped";
}

TEST(WriteSame, Refusals) {
  Rig rig;
  Host& host = rig.host();
  EXPECT_EQ(host.send({0x41, 0x10, 0, 0, 0, 0, 0, 0, 1, 0}, Raw(kBlock)).code(), 0x052400u)
      << "ANCHOR";
  EXPECT_EQ(host.send({0x41, 0, 0, 0, 0, 0, 0, 0, 0, 0}, Raw(kBlock)).field(), 7u) << "WSNZ";
  EXPECT_EQ(host.send(scsi::make_write_same16(0, 1, {}), Raw(2 * kBlock)).code(), 0x050e03u);
  EXPECT_EQ(host.send(scsi::make_write_same16(32767, 2, {}), Raw(kBlock)).code(), 0x052100u);
}

TEST(ThickLun, KnowsNoUnmapping) {
  Rig rig(LunConfig{.size_bytes = kMiB, .provisioning = {.thin = false}});
  Host& host = rig.host();
  const auto capacity = scsi::decode_capacity16(host.send(scsi::make_read_capacity16(32)).data);
  ASSERT_TRUE(capacity);
  EXPECT_FALSE(capacity->thin);
  EXPECT_EQ(send_unmap(host, 0, 1).code(), 0x052000u);
  EXPECT_EQ(host.send(scsi::make_write_same16(0, 1, {.unmap = true}), Raw(kBlock)).code(),
            0x052400u);
  EXPECT_EQ(host.send(scsi::make_write_same16(0, 8, {.no_data_out = true})).status, scsi::kGood);
  EXPECT_THAT(status(host, 0), ElementsAre(Range{0, 2048, true}));
  const auto limits = scsi::decode_block_limits(host.send(scsi::make_inquiry_vpd(0xb0, 64)).data);
  ASSERT_TRUE(limits);
  EXPECT_EQ(limits->max_unmap_blocks, 0u);
  const auto page = scsi::decode_provisioning(host.send(scsi::make_inquiry_vpd(0xb2, 64)).data);
  ASSERT_TRUE(page);
  EXPECT_FALSE(page->unmap);
  EXPECT_EQ(page->type, 0);
}

// ---- less space than blocks

LunConfig small_pool() {
  return {.size_bytes = 8 * kMiB,
          .provisioning = {.pool_bytes = 2 * kMiB, .threshold_percent = 50}};
}

uint32_t next_attention(Host& host) {
  return host.send({0, 0, 0, 0, 0, 0}).code();
}

TEST(ThinPool, WritesEndWhenTheSpaceDoes) {
  Rig rig(small_pool());
  Host& host = rig.host();
  const Raw half(kMiB, 1);
  EXPECT_EQ(host.send(scsi::make_write(0, 2048), half).status, scsi::kGood);
  host.clear_attentions();
  EXPECT_EQ(host.send(scsi::make_write(4096, 2048), half).status, scsi::kGood);
  const Outcome full = host.send(scsi::make_write(10000, 1), Raw(kBlock, 2));
  EXPECT_EQ(full.code(), 0x072707u);
  EXPECT_EQ(host.send(scsi::make_read(10000, 1)).data, Raw(kBlock)) << "nothing was written";
  EXPECT_EQ(host.send(scsi::make_write_same16(10000, 1, {}), Raw(kBlock, 2)).code(), 0x072707u);
  EXPECT_EQ(host.send(scsi::make_write(100, 8), Raw(8 * kBlock, 3)).status, scsi::kGood)
      << "what is mapped can be written again";
  EXPECT_EQ(host.send(scsi::make_write(2047, 2), Raw(2 * kBlock, 3)).code(), 0x072707u)
      << "one of these two is not mapped";
  EXPECT_EQ(send_unmap(host, 0, 1).status, scsi::kGood);
  EXPECT_EQ(host.send(scsi::make_write(10000, 1), Raw(kBlock, 2)).status, scsi::kGood);
  EXPECT_EQ(rig.array->lun(0).pool().used_bytes(), 2 * kMiB);
}

TEST(ThinPool, SoftThresholdIsToldOnceToEverybody) {
  Rig rig(small_pool());
  Host& host = rig.host();
  Host& other = rig.host(1);
  EXPECT_EQ(host.send(scsi::make_write(0, 2047), Raw(2047 * kBlock)).status, scsi::kGood);
  EXPECT_EQ(next_attention(host), 0u) << "one block below";
  EXPECT_EQ(host.send(scsi::make_write(2047, 1), Raw(kBlock)).status, scsi::kGood);
  EXPECT_EQ(next_attention(host), 0x063807u);
  EXPECT_EQ(next_attention(other), 0x063807u);
  EXPECT_EQ(host.send(scsi::make_write(2048, 1), Raw(kBlock)).status, scsi::kGood);
  EXPECT_EQ(next_attention(host), 0u) << "not again";
  EXPECT_EQ(send_unmap(host, 0, 100).status, scsi::kGood);
  EXPECT_EQ(host.send(scsi::make_write(0, 100), Raw(100 * kBlock)).status, scsi::kGood);
  EXPECT_EQ(next_attention(host), 0x063807u) << "it had been below in between";
}

TEST(ThinPool, HostsCanTurnTheReportOff) {
  Rig rig(small_pool());
  Host& host = rig.host();
  Raw list = {0, 0, 0, 0, 0x01, 0x0a, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0};  // LBPERE 0
  ASSERT_EQ(host.send({0x15, 0x10, 0, 0, 16, 0}, list).status, scsi::kGood);
  EXPECT_EQ(host.send(scsi::make_write(0, 2048), Raw(kMiB)).status, scsi::kGood);
  EXPECT_EQ(next_attention(host), 0u);
}

TEST(ThinPool, ThresholdsAreDescribed) {
  Rig rig(small_pool());
  Host& host = rig.host();
  const auto page = scsi::decode_provisioning(host.send(scsi::make_inquiry_vpd(0xb2, 64)).data);
  ASSERT_TRUE(page);
  EXPECT_EQ(page->threshold_exponent, 7) << "sets of 128 blocks";
  const Outcome mode = host.send({0x1a, 0x08, 0x1c, 0x02, 255, 0});
  ASSERT_EQ(mode.data.size(), 4u + 24u);
  EXPECT_EQ(mode.data[4 + 4 + 12], 0x81) << "a soft threshold, enabled, armed increasing";
  EXPECT_EQ(base::load_be32(&mode.data[4 + 4 + 16]), 16u) << "sets: 1 MiB";
}

}  // namespace
}  // namespace array
