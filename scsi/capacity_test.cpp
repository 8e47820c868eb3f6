// READ CAPACITY data: known answers, round trips, short and absurd answers.
#include "scsi/capacity.h"

#include <gtest/gtest.h>

#include <array>

#include "base/prng.h"
#include "scsi/guarded_bytes.h"

namespace scsi {
namespace {

TEST(Capacity10, KnownAnswer) {
  const std::array<uint8_t, 8> raw{0x00, 0x07, 0xff, 0xff, 0x00, 0x00, 0x02, 0x00};
  const auto capacity = decode_capacity10(raw);
  ASSERT_TRUE(capacity);
  EXPECT_EQ(capacity->last_lba, 0x7ffffu);
  EXPECT_EQ(capacity->block_bytes, 512u);
  EXPECT_FALSE(capacity->thin);
}

TEST(Capacity16, KnownAnswer) {
  const std::array<uint8_t, 32> raw{0, 0, 0,    1, 0x23, 0x45, 0x67, 0x89,
                                    0, 0, 0x10, 0, 0x01, 0xf3, 0xd2, 0x34};
  const auto capacity = decode_capacity16(raw);
  ASSERT_TRUE(capacity);
  EXPECT_EQ(capacity->last_lba, 0x123456789u);
  EXPECT_EQ(capacity->block_bytes, 4096u);
  EXPECT_TRUE(capacity->protection);
  EXPECT_EQ(capacity->physical_exponent, 3);  // the high nibble is P_I_EXPONENT
  EXPECT_TRUE(capacity->thin);
  EXPECT_TRUE(capacity->read_zeros);
  EXPECT_EQ(capacity->lowest_aligned_lba, 0x1234);
}

TEST(Capacity16, ThinAndZerosAreSeparateBits) {
  std::array<uint8_t, 16> raw{0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 2, 0, 0, 0, 0x80, 0};
  EXPECT_TRUE(decode_capacity16(raw)->thin);
  EXPECT_FALSE(decode_capacity16(raw)->read_zeros);
  raw[14] = 0x40;
  EXPECT_FALSE(decode_capacity16(raw)->thin);
  EXPECT_TRUE(decode_capacity16(raw)->read_zeros);
}

TEST(Capacity, EveryTruncation) {
  Capacity sent;
  sent.last_lba = 1000;
  sent.block_bytes = 512;
  sent.thin = true;
  std::array<uint8_t, 32> raw{};
  ASSERT_EQ(encode_capacity16(raw, sent), 32u);
  for_each_truncation(raw, [](base::Bytes prefix) {
    const auto capacity = decode_capacity16(prefix);
    EXPECT_EQ(capacity.has_value(), prefix.size() >= 12) << prefix.size();
    if (capacity) {
      EXPECT_EQ(capacity->last_lba, 1000u);
      EXPECT_EQ(capacity->thin, prefix.size() >= 16) << prefix.size();
    }
  });
  std::array<uint8_t, 8> raw10{};
  ASSERT_EQ(encode_capacity10(raw10, sent), 8u);
  for_each_truncation(raw10, [](base::Bytes prefix) { EXPECT_FALSE(decode_capacity10(prefix)); });
}

TEST(Capacity, RefusesBlockSizesNothingCanUse) {
  for (const uint32_t block_bytes :
       {0u, 1u, 256u, 511u, 520u, 4160u, 131072u, 0x80000000u, 0xffffffffu}) {
    std::array<uint8_t, 32> raw{};
    encode_capacity16(raw, {.last_lba = 9, .block_bytes = block_bytes});
    EXPECT_FALSE(decode_capacity16(raw)) << block_bytes;
    encode_capacity10(raw, {.last_lba = 9, .block_bytes = block_bytes});
    EXPECT_FALSE(decode_capacity10(raw)) << block_bytes;
  }
}

TEST(Capacity16, RefusesMediaWhoseByteCountOverflows) {
  std::array<uint8_t, 32> raw{};
  encode_capacity16(raw, {.last_lba = UINT64_MAX, .block_bytes = 512});
  EXPECT_FALSE(decode_capacity16(raw));
  const uint64_t limit = (uint64_t{1} << 63) / 512;
  encode_capacity16(raw, {.last_lba = limit, .block_bytes = 512});
  EXPECT_FALSE(decode_capacity16(raw));
  encode_capacity16(raw, {.last_lba = limit - 1, .block_bytes = 512});
  EXPECT_TRUE(decode_capacity16(raw));
}

TEST(Capacity10, LargerMediaSayAskWithSixteen) {
  std::array<uint8_t, 8> raw{};
  encode_capacity10(raw, {.last_lba = uint64_t{UINT32_MAX} + 1, .block_bytes = 512});
  EXPECT_EQ(decode_capacity10(raw)->last_lba, UINT32_MAX);
}

TEST(Capacity, RoundTripsOfRandomValues) {
  base::Prng prng(11);
  for (int i = 0; i < 2000; ++i) {
    Capacity sent;
    sent.block_bytes = uint32_t{512} << prng.below(8);
    sent.last_lba = prng.below(uint64_t{1} << prng.between(1, 46));
    sent.physical_exponent = static_cast<uint8_t>(prng.below(16));
    sent.lowest_aligned_lba = static_cast<uint16_t>(prng.below(0x4000));
    sent.thin = prng.chance(1, 2);
    sent.read_zeros = prng.chance(1, 2);
    sent.protection = prng.chance(1, 2);
    std::array<uint8_t, 32> raw{};
    ASSERT_EQ(encode_capacity16(raw, sent), 32u);
    const auto got = decode_capacity16(raw);
    ASSERT_TRUE(got);
    EXPECT_EQ(got->last_lba, sent.last_lba);
    EXPECT_EQ(got->block_bytes, sent.block_bytes);
    EXPECT_EQ(got->physical_exponent, sent.physical_exponent);
    EXPECT_EQ(got->lowest_aligned_lba, sent.lowest_aligned_lba);
    EXPECT_EQ(got->thin, sent.thin);
    EXPECT_EQ(got->read_zeros, sent.read_zeros);
    EXPECT_EQ(got->protection, sent.protection);
  }
}

TEST(Capacity, EncodersStayInShortBuffers) {
  const Capacity capacity{.last_lba = 7, .block_bytes = 512};
  for_each_buffer(40, [&](base::MutableBytes buffer) {
    EXPECT_EQ(encode_capacity16(buffer, capacity), 32u);
    EXPECT_EQ(encode_capacity10(buffer, capacity), 8u);
  });
}

}  // namespace
}  // namespace scsi
