// Text keys as they come from outside, good and bad.
#include "io/iscsi/text_keys.h"

#include <gtest/gtest.h>

namespace io::iscsi {
namespace {

std::optional<Keys> parse(const std::string& text) {
  return parse_keys({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

TEST(TextKeys, PairsEndWithANul) {
  const auto keys = parse(std::string("A=1\0Bee=two=2\0C=\0", 16));
  ASSERT_TRUE(keys);
  EXPECT_EQ(*keys, (Keys{{"A", "1"}, {"Bee", "two=2"}, {"C", ""}}));
}

TEST(TextKeys, PaddingAndAMissingLastNulAreTolerated) {
  const auto keys = parse(std::string("\0\0A=1\0\0\0B=2", 11));
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->size(), 2U);
  EXPECT_TRUE(parse("")->empty());
}

TEST(TextKeys, BrokenPairsAreRefused) {
  EXPECT_FALSE(parse("NoEquals"));
  EXPECT_FALSE(parse("=value"));
  EXPECT_FALSE(parse(std::string(64, 'k') + "=v"));
  EXPECT_TRUE(parse(std::string(63, 'k') + "=v"));
  EXPECT_FALSE(parse(std::string("A=1\0A=2", 7)));
}

TEST(TextKeys, WriterAndReaderAgree) {
  KeyWriter writer;
  writer.add("TargetName", "iqn.x");
  writer.add("Empty", "");
  EXPECT_EQ(writer.text(), std::string("TargetName=iqn.x\0Empty=\0", 24));
  EXPECT_EQ(parse(writer.text())->size(), 2U);
}

TEST(TextKeys, ListsAreSearchedByWholeWords) {
  EXPECT_TRUE(list_has("CHAP,None", "None"));
  EXPECT_TRUE(list_has("CHAP,None", "CHAP"));
  EXPECT_TRUE(list_has("None", "None"));
  EXPECT_FALSE(list_has("CHAP,NoneX", "None"));
  EXPECT_FALSE(list_has("", "None"));
  EXPECT_TRUE(list_has("None,", "None"));
}

TEST(TextKeys, Numbers) {
  EXPECT_EQ(parse_number("262144"), 262144U);
  EXPECT_EQ(parse_number("0x10"), 16U);
  EXPECT_EQ(parse_number("0XfF"), 255U);
  for (const char* bad : {"", "0x", "-1", "+1", " 1", "1 ", "1k", "99999999999999999999"}) {
    EXPECT_FALSE(parse_number(bad)) << bad;
  }
}

TEST(TextKeys, BinaryValues) {
  EXPECT_EQ(parse_binary_value("0x00ffA5"), std::string("\x00\xff\xa5", 3));
  EXPECT_EQ(parse_binary_value("0x"), std::string());
  for (const char* bad : {"", "ff", "0x1", "0x123", "0xzz", "0x1-", "0b123", "0b1=34",
                          "0b====", "0b12 4", "0bAA=A", "0z12"}) {
    EXPECT_FALSE(parse_binary_value(bad)) << bad;
  }
  EXPECT_EQ(parse_binary_value("0b"), std::string());
  EXPECT_EQ(parse_binary_value("0bZm9vYmFy"), "foobar");  // RFC 4648 10
  EXPECT_EQ(parse_binary_value("0bZm9vYmE="), "fooba");
  EXPECT_EQ(parse_binary_value("0BZm9vYg=="), "foob");
  EXPECT_EQ(parse_binary_value("0bAP+l"), std::string("\x00\xff\xa5", 3));
  EXPECT_EQ(hex_value(std::string("\x00\xff\x5a", 3)), "0x00ff5a");
  EXPECT_EQ(parse_binary_value(hex_value("round trip")), "round trip");
}

TEST(TextKeys, HexOfAnOddPieceOfALongerTextReadsNothingBehindIt) {
  const std::string whole = "0x12345";
  EXPECT_FALSE(parse_binary_value(std::string_view(whole).substr(0, 5)));  // "0x123", then a '4'
}

TEST(TextKeys, AListKeepsItsOrderAndItsRepetitions) {
  using namespace std::string_view_literals;
  const auto parse = [](std::string_view text) {
    return parse_key_list({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  };
  const KeyList expected = {{"b", "1"}, {"a", ""}, {"b", "2=3"}};
  EXPECT_EQ(parse("b=1\0a=\0\0b=2=3"sv), expected);
  EXPECT_EQ(parse(""sv), KeyList());
  EXPECT_FALSE(parse("b=1\0rubbish\0"sv));
  EXPECT_FALSE(parse("=1\0"sv));
}

TEST(TextKeys, WhatPeopleReadIsPrintable) {
  EXPECT_EQ(printable("None"), "None");
  EXPECT_EQ(printable("\033[2J\x7f\n\xff"), "?[2J???");
  EXPECT_EQ(printable(std::string(65, 'x')), std::string(64, 'x') + "...");
}

}  // namespace
}  // namespace io::iscsi
