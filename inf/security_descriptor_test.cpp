#include "inf/security_descriptor.h"

#include <gtest/gtest.h>

namespace inf {
namespace {

std::vector<uint8_t> from_hex(std::string_view text) {
  std::vector<uint8_t> bytes;
  for (size_t at = 0; at + 1 < text.size(); at += 2) {
    bytes.push_back(static_cast<uint8_t>(std::stoul(std::string(text.substr(at, 2)), nullptr, 16)));
  }
  return bytes;
}

const char kHead[] =
    "010004801400000024000000000000003400000001020000000000052000000020020000"
    "01020000000000052000000020020000";

// The three descriptors of the public sample's documentation.
struct Known {
  std::string list;
  const char* sddl;
};
class KnownDescriptor : public testing::TestWithParam<Known> {};

TEST_P(KnownDescriptor, IsReadAndWrittenBothWays) {
  const std::vector<uint8_t> bytes = from_hex(kHead + GetParam().list);
  std::string wrong;
  const auto descriptor = parse_descriptor(bytes, wrong);
  ASSERT_TRUE(descriptor) << wrong;
  EXPECT_EQ(sddl_of(*descriptor), GetParam().sddl);
  EXPECT_EQ(bytes_of(*descriptor), bytes);
  const auto again = parse_sddl(GetParam().sddl, wrong);
  ASSERT_TRUE(again) << wrong;
  EXPECT_EQ(bytes_of(*again), bytes);
  // No part of it is a descriptor.
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(parse_descriptor(std::span(bytes).first(size), wrong)) << size;
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, KnownDescriptor,
    testing::Values(Known{"020020000100000000001800"
                          "1f00120001020000000000052000000020020000",
                          "O:BAG:BAD:(A;;0x12001f;;;BA)"},
                    Known{"020048000300000000001800"
                          "ff0f120001020000000000052000000020020000"
                          "00001400"
                          "0d001200010100000000000100000000"
                          "00001400"
                          "ff071200010100000000000512000000",
                          "O:BAG:BAD:(A;;0x120fff;;;BA)(A;;0x12000d;;;WD)(A;;0x1207ff;;;SY)"},
                    Known{"020048000300000000001800"
                          "ff0f120001020000000000052000000020020000"
                          "00001400"
                          "09001200010100000000000100000000"
                          "00001400"
                          "09001200010100000000000512000000",
                          "O:BAG:BAD:(A;;0x120fff;;;BA)(A;;0x120009;;;WD)(A;;0x120009;;;SY)"}));

TEST(SecurityDescriptor, AnyByteChangedIsReadOrRefused) {
  std::vector<uint8_t> bytes = from_hex(std::string(kHead) +
                                        "020020000100000000001800"
                                        "1f00120001020000000000052000000020020000");
  for (uint8_t& byte : bytes) {
    const uint8_t before = byte;
    for (int value = 0; value < 256; ++value) {
      byte = static_cast<uint8_t>(value);
      std::string wrong;
      if (!parse_descriptor(bytes, wrong)) {
        EXPECT_FALSE(wrong.empty());
      }
    }
    byte = before;
  }
}

TEST(SecurityDescriptor, WithoutAListThereAreNoRules) {
  std::string wrong;
  const auto descriptor = parse_sddl("O:BAG:S-1-5-21-1-2-3-500", wrong);
  ASSERT_TRUE(descriptor) << wrong;
  EXPECT_FALSE(descriptor->has_rules);
  const auto again = parse_descriptor(bytes_of(*descriptor), wrong);
  ASSERT_TRUE(again) << wrong;
  EXPECT_FALSE(again->has_rules);
  EXPECT_EQ(again->group, "S-1-5-21-1-2-3-500");
}

TEST(SecurityDescriptor, LettersForRights) {
  std::string wrong;
  const auto descriptor = parse_sddl("D:P(A;;GA;;;SY)(D;;CCDCRP;;;WD)", wrong);
  ASSERT_TRUE(descriptor) << wrong;
  EXPECT_EQ(descriptor->rules[0].rights, kWmiAllAccess);
  EXPECT_FALSE(descriptor->rules[1].allows);
  EXPECT_EQ(descriptor->rules[1].rights, kWmiQuery | kWmiSet | kWmiExecute);
  EXPECT_TRUE(is_everybody(descriptor->rules[1].who));
  EXPECT_EQ(account_name(descriptor->rules[0].who), "LocalSystem");
}

TEST(SecurityDescriptor, WhatIsNoSddlIsRefused) {
  for (const char* const text :
       {"X", "O:", "O:XX", "O:S-1-", "O:S-1-5", "O:S-1-5-", "G:S-1-5-4294967296", "D:(", "D:()",
        "D:(A;;GA;;;)", "D:(A;;ZZ;;;BA)", "D:(A;;0x;;;BA)", "D:(A;;GA;;BA)", "D:(A;OI;GA;;;BA)",
        "D:(X;;GA;;;BA)", "D:(A;;GA;;;BA", "D:(A;;GA;;;BA)x", "D:(A;;C;;;BA)"}) {
    std::string wrong;
    EXPECT_FALSE(parse_sddl(text, wrong)) << text;
    EXPECT_FALSE(wrong.empty());
  }
}

}  // namespace
}  // namespace inf
