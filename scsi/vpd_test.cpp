// VPD pages with a layout of their own: block limits and provisioning; and the header all pages
// share.
#include "scsi/vpd.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "base/prng.h"
#include "scsi/guarded_bytes.h"

namespace scsi {
namespace {

TEST(Vpd, PayloadIsWhatHeaderAndBufferAgreeOn) {
  const std::vector<uint8_t> page{0x00, 0x80, 0x00, 0x03, 'a', 'b', 'c', 'X'};
  const auto payload = vpd_payload(page, kVpdSerialNumber);
  ASSERT_TRUE(payload);
  EXPECT_EQ(payload->size(), 3u);
  EXPECT_FALSE(vpd_payload(page, kVpdSupportedPages));
  for_each_truncation(base::Bytes(page).first(7), [](base::Bytes prefix) {
    const auto part = vpd_payload(prefix, kVpdSerialNumber);
    EXPECT_EQ(part.has_value(), prefix.size() >= 4);
    EXPECT_EQ(part.value_or(base::Bytes{}).size(), prefix.size() < 4 ? 0 : prefix.size() - 4);
  });
}

TEST(Vpd, HeaderRoundTripAndShortBuffers) {
  const std::vector<uint8_t> payload(300, 7);
  std::vector<uint8_t> page(304);
  ASSERT_EQ(encode_vpd(page, 0xb2, payload), 304u);
  EXPECT_EQ(base::load_be32(page.data()), 0x00b2012cu);
  EXPECT_EQ(vpd_payload(page, 0xb2)->size(), 300u);
  for_each_buffer(
      20, [&](base::MutableBytes buffer) { EXPECT_EQ(encode_vpd(buffer, 0x00, payload), 304u); });
}

// Bytes 4 to 43 of the page, each field with a value of its own.
std::vector<uint8_t> block_limits_page() {
  std::vector<uint8_t> page(64);
  page[1] = 0xb0;
  page[3] = 60;
  page[5] = 1;
  base::store_be16(&page[6], 2);
  base::store_be32(&page[8], 3);
  base::store_be32(&page[12], 4);
  base::store_be32(&page[16], 0xeeeeeeee);  // maximum prefetch: not kept
  base::store_be32(&page[20], 5);
  base::store_be32(&page[24], 6);
  base::store_be32(&page[28], 7);
  base::store_be32(&page[32], 0x80000000);
  base::store_be64(&page[36], 8);
  return page;
}

TEST(BlockLimits, KnownAnswer) {
  const auto limits = decode_block_limits(block_limits_page());
  ASSERT_TRUE(limits);
  EXPECT_EQ(limits->max_compare_and_write_blocks, 1);
  EXPECT_EQ(limits->optimal_granularity_blocks, 2);
  EXPECT_EQ(limits->max_transfer_blocks, 3u);
  EXPECT_EQ(limits->optimal_transfer_blocks, 4u);
  EXPECT_EQ(limits->max_unmap_blocks, 5u);
  EXPECT_EQ(limits->max_unmap_descriptors, 6u);
  EXPECT_EQ(limits->unmap_granularity_blocks, 7u);
  EXPECT_EQ(limits->max_write_same_blocks, 8u);
}

TEST(BlockLimits, OldShortPagesAndTruncations) {
  const auto page = block_limits_page();
  for_each_truncation(page, [](base::Bytes prefix) {
    const auto limits = decode_block_limits(prefix);
    EXPECT_EQ(limits.has_value(), prefix.size() >= 16) << prefix.size();
    if (limits) {
      EXPECT_EQ(limits->max_transfer_blocks, 3u);
      EXPECT_EQ(limits->max_unmap_blocks, prefix.size() >= 32 ? 5u : 0u) << prefix.size();
      EXPECT_EQ(limits->max_write_same_blocks, prefix.size() >= 44 ? 8u : 0u) << prefix.size();
    }
  });
  auto old = page;
  old[3] = 12;  // SBC-2: the page ends after the transfer lengths, whatever the buffer holds
  EXPECT_EQ(decode_block_limits(old)->max_unmap_blocks, 0u);
}

TEST(BlockLimits, RoundTripsOfRandomValues) {
  base::Prng prng(41);
  for (int round = 0; round < 1000; ++round) {
    BlockLimits sent;
    sent.optimal_granularity_blocks = static_cast<uint16_t>(prng.next());
    sent.max_transfer_blocks = static_cast<uint32_t>(prng.next());
    sent.optimal_transfer_blocks = static_cast<uint32_t>(prng.next());
    sent.max_unmap_blocks = static_cast<uint32_t>(prng.next());
    sent.max_unmap_descriptors = static_cast<uint32_t>(prng.next());
    sent.unmap_granularity_blocks = static_cast<uint32_t>(prng.next());
    sent.max_write_same_blocks = prng.next();
    sent.max_compare_and_write_blocks = static_cast<uint8_t>(prng.next());
    std::array<uint8_t, 64> page{};
    ASSERT_EQ(encode_block_limits(page, sent), 64u);
    const auto got = decode_block_limits(page);
    ASSERT_TRUE(got);
    EXPECT_EQ(got->optimal_granularity_blocks, sent.optimal_granularity_blocks);
    EXPECT_EQ(got->max_transfer_blocks, sent.max_transfer_blocks);
    EXPECT_EQ(got->optimal_transfer_blocks, sent.optimal_transfer_blocks);
    EXPECT_EQ(got->max_unmap_blocks, sent.max_unmap_blocks);
    EXPECT_EQ(got->max_unmap_descriptors, sent.max_unmap_descriptors);
    EXPECT_EQ(got->unmap_granularity_blocks, sent.unmap_granularity_blocks);
    EXPECT_EQ(got->max_write_same_blocks, sent.max_write_same_blocks);
    EXPECT_EQ(got->max_compare_and_write_blocks, sent.max_compare_and_write_blocks);
  }
}

TEST(Provisioning, KnownAnswer) {
  const std::vector<uint8_t> page{0x00, 0xb2, 0x00, 0x04, 0x05, 0xa4, 0x02, 0x00};
  const auto got = decode_provisioning(page);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->threshold_exponent, 5);
  EXPECT_TRUE(got->unmap);
  EXPECT_FALSE(got->write_same16_unmap);
  EXPECT_TRUE(got->write_same10_unmap);
  EXPECT_EQ(got->read_zeros, 1);
  EXPECT_EQ(got->type, 2);
  for_each_truncation(page, [](base::Bytes prefix) {
    EXPECT_EQ(decode_provisioning(prefix).has_value(), prefix.size() >= 7);
  });
}

TEST(Provisioning, RoundTripOfEveryFlagSet) {
  for (unsigned bits = 0; bits < 512; ++bits) {
    Provisioning sent;
    sent.unmap = (bits & 1) != 0;
    sent.write_same16_unmap = (bits & 2) != 0;
    sent.write_same10_unmap = (bits & 4) != 0;
    sent.read_zeros = (bits >> 3) & 7;
    sent.type = (bits >> 6) & 7;
    sent.threshold_exponent = static_cast<uint8_t>(bits);
    std::array<uint8_t, 8> page{};
    ASSERT_EQ(encode_provisioning(page, sent), 8u);
    const auto got = decode_provisioning(page);
    ASSERT_TRUE(got);
    EXPECT_EQ(got->unmap, sent.unmap);
    EXPECT_EQ(got->write_same16_unmap, sent.write_same16_unmap);
    EXPECT_EQ(got->write_same10_unmap, sent.write_same10_unmap);
    EXPECT_EQ(got->read_zeros, sent.read_zeros);
    EXPECT_EQ(got->type, sent.type);
    EXPECT_EQ(got->threshold_exponent, sent.threshold_exponent);
  }
}

TEST(Vpd, EncodersStayInShortBuffers) {
  for_each_buffer(70, [](base::MutableBytes buffer) {
    EXPECT_EQ(encode_block_limits(buffer, {}), 64u);
    EXPECT_EQ(encode_provisioning(buffer, {}), 8u);
    EXPECT_EQ(encode_extended_inquiry(buffer, true), 64u);
  });
}

}  // namespace
}  // namespace scsi
