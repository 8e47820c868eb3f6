// What commands do with which blocks, against byte strings written out by hand from SBC-3.
#include "scsi/block_range.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/prng.h"
#include "scsi/cdb.h"
#include "scsi/guarded_bytes.h"

namespace scsi {
namespace {

using Raw = std::vector<uint8_t>;

TEST(BlockRange, RangesOfWhatTheBuildersMake) {
  base::Prng prng(5);
  for (int i = 0; i < 5000; ++i) {
    const uint64_t lba = prng.next() >> prng.below(64);
    const auto blocks = static_cast<uint32_t>(prng.next() >> prng.between(32, 63));
    const bool fua = prng.chance(1, 2);
    const auto read = block_range(make_read(lba, blocks, fua).span());
    ASSERT_TRUE(read);
    EXPECT_EQ(read->access, BlockAccess::read);
    EXPECT_EQ(read->lba, lba);
    EXPECT_EQ(read->blocks, blocks);
    EXPECT_EQ(read->fua, fua);
    const auto write = block_range(make_write(lba, blocks, fua).span());
    ASSERT_TRUE(write);
    EXPECT_EQ(write->access, BlockAccess::write);
    EXPECT_EQ(write->lba, lba);
    EXPECT_EQ(write->blocks, blocks);
    EXPECT_EQ(write->fua, fua);
    const auto sync = block_range(make_synchronize_cache(lba, blocks).span());
    ASSERT_TRUE(sync);
    EXPECT_EQ(sync->access, BlockAccess::synchronize);
    EXPECT_EQ(sync->lba, lba);
    EXPECT_EQ(sync->blocks, blocks);
    const auto same = block_range(make_write_same16(lba, blocks, {.unmap = true}).span());
    ASSERT_TRUE(same);
    EXPECT_EQ(same->access, BlockAccess::write_same);
    EXPECT_EQ(same->lba, lba);
    EXPECT_EQ(same->blocks, blocks);
    EXPECT_FALSE(same->fua) << "that bit is UNMAP here";
  }
}

TEST(BlockRange, OtherForms) {
  // READ(6): 21 bits of address, and 0 blocks mean 256.
  const Raw read6{0x08, 0xff, 0x02, 0x03, 0x00, 0};
  EXPECT_EQ(block_range(read6)->lba, 0x1f0203u);
  EXPECT_EQ(block_range(read6)->blocks, 256u);
  const Raw write6{0x0a, 0x00, 0x00, 0x09, 0x05, 0};
  EXPECT_EQ(block_range(write6)->access, BlockAccess::write);
  EXPECT_EQ(block_range(write6)->blocks, 5u);
  const Raw read12{0xa8, 0x08, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0};
  EXPECT_EQ(block_range(read12)->lba, 0x01020304u);
  EXPECT_EQ(block_range(read12)->blocks, 0x05060708u);
  EXPECT_TRUE(block_range(read12)->fua);
  const Raw verify10{0x2f, 0x0a, 0, 0, 0, 1, 0, 0, 2, 0};
  EXPECT_EQ(block_range(verify10)->access, BlockAccess::verify);
  EXPECT_FALSE(block_range(verify10)->fua);
  const Raw same10{0x41, 0x08, 0, 0, 0, 1, 0, 0, 2, 0};
  EXPECT_EQ(block_range(same10)->access, BlockAccess::write_same);
  EXPECT_EQ(block_range(same10)->blocks, 2u);
  const Raw verify12{0xaf, 0x0a, 0, 0, 0, 7, 0, 0, 1, 2, 0, 0};
  EXPECT_EQ(block_range(verify12)->access, BlockAccess::verify);
  EXPECT_EQ(block_range(verify12)->lba, 7u);
  EXPECT_EQ(block_range(verify12)->blocks, 0x102u);
  const Raw write_verify12{0xae, 0x08, 0, 0, 0, 7, 0, 0, 1, 2, 0, 0};
  EXPECT_EQ(block_range(write_verify12)->access, BlockAccess::write);
  EXPECT_FALSE(block_range(write_verify12)->fua) << "it is on the medium anyway";
  const Raw prefetch10{0x34, 0x02, 0, 0, 0, 3, 0, 0, 9, 0};
  EXPECT_EQ(block_range(prefetch10)->access, BlockAccess::prefetch);
  EXPECT_EQ(block_range(prefetch10)->blocks, 9u);
}

TEST(BlockRange, NoRangeForOthersOrForShortOnes) {
  for (const unsigned opcode : {0x00, 0x12, 0x42, 0x5f, 0x89, 0x9e, 0xa0, 0xa3, 0x7f, 0xc0, 0xff}) {
    Raw raw(16);
    raw[0] = static_cast<uint8_t>(opcode);
    EXPECT_FALSE(block_range(raw)) << opcode;
  }
  for (const Cdb& cdb :
       {make_read(1, 1), make_read(uint64_t{1} << 40, 1), make_synchronize_cache(0, 0)}) {
    for_each_truncation(cdb.span(), [](base::Bytes prefix) { EXPECT_FALSE(block_range(prefix)); });
  }
}

TEST(BlockRange, LongerBuffersDoNotChangeTheForm) {
  const Cdb cdb = make_read(7, 3);
  Raw raw(cdb.span().begin(), cdb.span().end());
  raw.resize(16, 0xee);
  EXPECT_EQ(block_range(raw)->lba, 7u);
  EXPECT_EQ(block_range(raw)->blocks, 3u);
}

TEST(BlockRange, AnyFirstByteIsSafe) {
  for (unsigned opcode = 0; opcode < 256; ++opcode) {
    for (size_t length = 1; length <= 20; ++length) {
      Raw raw(length, 0xff);
      raw[0] = static_cast<uint8_t>(opcode);
      const GuardedBytes guarded(raw);
      static_cast<void>(block_range(guarded.view()));
    }
  }
}

}  // namespace
}  // namespace scsi
