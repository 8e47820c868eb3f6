// Standard INQUIRY data.
#include "scsi/inquiry.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>

#include "base/prng.h"
#include "scsi/guarded_bytes.h"

namespace scsi {
namespace {

std::array<uint8_t, 36> known() {
  std::array<uint8_t, 36> raw{0x00, 0x80, 0x06, 0x12, 0x1f, 0x39, 0x10, 0x02};
  const std::string text = "ACME    Big Array       1.2 ";
  std::copy(text.begin(), text.end(), raw.begin() + 8);
  return raw;
}

TEST(Inquiry, KnownAnswer) {
  const auto raw = known();
  const auto inquiry = decode_inquiry(raw);
  ASSERT_TRUE(inquiry);
  EXPECT_EQ(inquiry->qualifier, 0);
  EXPECT_EQ(inquiry->device_type, 0);
  EXPECT_TRUE(inquiry->removable);
  EXPECT_EQ(inquiry->version, 6);
  EXPECT_EQ(inquiry->target_port_group_support, 3);
  EXPECT_TRUE(inquiry->third_party_copy);
  EXPECT_TRUE(inquiry->protect);
  EXPECT_TRUE(inquiry->command_queuing);
  EXPECT_EQ(inquiry->vendor.view(), "ACME    ");
  EXPECT_EQ(trimmed(inquiry->product), "Big Array");
  EXPECT_EQ(trimmed(inquiry->revision), "1.2");
}

TEST(Inquiry, QualifierThreeMeansNoLogicalUnit) {
  auto raw = known();
  raw[0] = 0x7f;
  EXPECT_EQ(decode_inquiry(raw)->qualifier, 3);
  EXPECT_EQ(decode_inquiry(raw)->device_type, 0x1f);
}

TEST(Inquiry, TpgsValues) {
  for (uint8_t tpgs = 0; tpgs < 4; ++tpgs) {
    auto raw = known();
    raw[5] = static_cast<uint8_t>(tpgs << 4);
    EXPECT_EQ(decode_inquiry(raw)->target_port_group_support, tpgs);
    EXPECT_FALSE(decode_inquiry(raw)->third_party_copy);
  }
}

TEST(Inquiry, EveryTruncationIsRefused) {
  for_each_truncation(known(), [](base::Bytes prefix) { EXPECT_FALSE(decode_inquiry(prefix)); });
}

TEST(Inquiry, UnprintableBytesAreReplaced) {
  auto raw = known();
  raw[8] = 0x1b;
  raw[9] = 0xff;
  raw[10] = 0;
  EXPECT_EQ(decode_inquiry(raw)->vendor.view(), "???E    ");
}

TEST(Inquiry, RoundTripsOfRandomValues) {
  base::Prng prng(31);
  for (int round = 0; round < 1000; ++round) {
    Inquiry sent;
    sent.qualifier = static_cast<uint8_t>(prng.below(8));
    sent.device_type = static_cast<uint8_t>(prng.below(32));
    sent.removable = prng.chance(1, 2);
    sent.version = static_cast<uint8_t>(prng.below(256));
    sent.target_port_group_support = static_cast<uint8_t>(prng.below(4));
    sent.third_party_copy = prng.chance(1, 2);
    sent.protect = prng.chance(1, 2);
    sent.command_queuing = prng.chance(1, 2);
    const auto text = [&](size_t width) {
      std::string made;
      const size_t length = prng.between(1, width);
      for (size_t i = 0; i < length; ++i) {
        made += static_cast<char>(prng.between('!', '~'));
      }
      return made;
    };
    EXPECT_TRUE(sent.vendor.assign(text(8)));
    EXPECT_TRUE(sent.product.assign(text(16)));
    EXPECT_TRUE(sent.revision.assign(text(4)));
    std::array<uint8_t, kInquiryBytes> raw{};
    ASSERT_EQ(encode_inquiry(raw, sent), kInquiryBytes);
    EXPECT_EQ(raw[4], kInquiryBytes - 5);
    const auto got = decode_inquiry(raw);
    ASSERT_TRUE(got);
    EXPECT_EQ(got->qualifier, sent.qualifier);
    EXPECT_EQ(got->device_type, sent.device_type);
    EXPECT_EQ(got->removable, sent.removable);
    EXPECT_EQ(got->version, sent.version);
    EXPECT_EQ(got->target_port_group_support, sent.target_port_group_support);
    EXPECT_EQ(got->third_party_copy, sent.third_party_copy);
    EXPECT_EQ(got->protect, sent.protect);
    EXPECT_EQ(got->command_queuing, sent.command_queuing);
    EXPECT_EQ(trimmed(got->vendor), sent.vendor.view());
    EXPECT_EQ(trimmed(got->product), sent.product.view());
    EXPECT_EQ(trimmed(got->revision), sent.revision.view());
  }
}

TEST(Inquiry, AShortAllocationGetsAPrefix) {
  Inquiry inquiry;
  EXPECT_TRUE(inquiry.vendor.assign("V"));
  std::array<uint8_t, kInquiryBytes> whole{};
  encode_inquiry(whole, inquiry);
  for_each_buffer(120, [&](base::MutableBytes buffer) {
    const size_t written = encode_inquiry(buffer, inquiry);
    EXPECT_EQ(written, std::min(buffer.size(), kInquiryBytes));
    EXPECT_TRUE(std::equal(buffer.begin(), buffer.begin() + static_cast<ptrdiff_t>(written),
                           whole.begin()));
  });
}

TEST(Inquiry, TrimmedOfBlanks) {
  EXPECT_EQ(trimmed("    "), "");
  EXPECT_EQ(trimmed(""), "");
  EXPECT_EQ(trimmed("  a b "), "  a b");
}

}  // namespace
}  // namespace scsi
