// The UNMAP parameter list.
#include "scsi/unmap.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "scsi/guarded_bytes.h"

namespace scsi {
namespace {

std::vector<uint8_t> two_ranges() {
  std::vector<uint8_t> list(40);
  list[1] = 38;
  list[3] = 32;
  base::store_be64(&list[8], 0x0102030405060708);
  base::store_be32(&list[16], 9);
  base::store_be64(&list[24], 100);
  base::store_be32(&list[32], 0xffffffff);
  return list;
}

std::vector<UnmapRange> ranges_of(base::Bytes list, bool expected) {
  std::vector<UnmapRange> ranges;
  EXPECT_EQ(for_each_unmap_range(list, [&](const UnmapRange& range) { ranges.push_back(range); }),
            expected);
  return ranges;
}

TEST(Unmap, KnownAnswer) {
  const auto ranges = ranges_of(two_ranges(), true);
  ASSERT_EQ(ranges.size(), 2u);
  EXPECT_EQ(ranges[0].lba, 0x0102030405060708u);
  EXPECT_EQ(ranges[0].blocks, 9u);
  EXPECT_EQ(ranges[1].lba, 100u);
  EXPECT_EQ(ranges[1].blocks, 0xffffffffu);
}

TEST(Unmap, EncodedRange) {
  std::array<uint8_t, 24> raw{};
  ASSERT_EQ(encode_unmap(raw, {77, 8}), 24u);
  EXPECT_EQ(raw[1], 22);
  EXPECT_EQ(raw[3], 16);
  const auto ranges = ranges_of(raw, true);
  ASSERT_EQ(ranges.size(), 1u);
  EXPECT_EQ(ranges[0].lba, 77u);
  EXPECT_EQ(ranges[0].blocks, 8u);
  for_each_buffer(30, [](base::MutableBytes buffer) {
    EXPECT_EQ(encode_unmap(buffer, {1, 1}), 24u);
  });
}

TEST(Unmap, EveryTruncationIsRefusedBeforeAnyCall) {
  for_each_truncation(two_ranges(),
                      [](base::Bytes prefix) { EXPECT_TRUE(ranges_of(prefix, false).empty()); });
}

TEST(Unmap, ContradictionsAndTheIncompleteLastRange) {
  auto list = two_ranges();
  list[1] = 37;  // shorter than the ranges need
  EXPECT_TRUE(ranges_of(list, false).empty());
  list = two_ranges();
  list[3] = 31;
  EXPECT_EQ(ranges_of(list, true).size(), 1u);
  list[3] = 0;
  EXPECT_TRUE(ranges_of(list, true).empty());
  list = two_ranges();
  list[0] = 0xff;
  EXPECT_TRUE(ranges_of(list, false).empty());
  list = two_ranges();
  list[2] = 0xff;
  EXPECT_TRUE(ranges_of(list, false).empty());
}

}  // namespace
}  // namespace scsi
