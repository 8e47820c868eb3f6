#include "inf/text.h"

#include <gtest/gtest.h>

namespace inf {
namespace {

using std::string_literals::operator""s;

TEST(Text, EachEncodingIsToldAndReadAndWrittenAgain) {
  const std::string text =
      "Gr\xc3\xb6\xc3\x9f"
      "e \xe2\x82\xac\r\n";
  const std::string utf16 = "\xff\xfeG\0r\0\xf6\0\xdf\0e\0 \0\xac\x20\r\0\n\0"s;
  const std::string ansi =
      "Gr\xf6\xdf"
      "e \x80\r\n";
  struct Case {
    std::string bytes;
    Encoding encoding;
    bool has_mark;
  };
  for (const Case& each :
       {Case{utf16, Encoding::utf16le, true}, Case{text, Encoding::utf8, false},
        Case{"\xef\xbb\xbf" + text, Encoding::utf8, true}, Case{ansi, Encoding::ansi, false}}) {
    const Text read = decode(each.bytes);
    EXPECT_EQ(read.encoding, each.encoding) << name_of(each.encoding);
    EXPECT_EQ(read.has_mark, each.has_mark);
    EXPECT_EQ(read.utf8, text);
    EXPECT_EQ(read.first_bad, std::string::npos);
    bool complete = false;
    EXPECT_EQ(encode(read, &complete), each.bytes);
    EXPECT_TRUE(complete);
  }
}

TEST(Text, SurrogatesMakeOneCharacterAndLoneOnesNone) {
  EXPECT_EQ(decode("\xff\xfe\x3d\xd8\x00\xde"s).utf8, "\xf0\x9f\x98\x80");
  EXPECT_EQ(encode(decode("\xff\xfe\x3d\xd8\x00\xde"s)), "\xff\xfe\x3d\xd8\x00\xde"s);
  for (const std::string& lone : {"\xff\xfe"
                                  "a\0\x3d\xd8"s,
                                  "\xff\xfe"
                                  "a\0\x3d\xd8"
                                  "b\0"s,
                                  "\xff\xfe"
                                  "a\0\x00\xde"
                                  "b\0"s}) {
    const Text text = decode(lone);
    EXPECT_EQ(text.utf8.substr(0, 4), "a\xef\xbf\xbd");
    EXPECT_EQ(text.first_bad, 4u);
  }
}

TEST(Text, AHalfOfTheLastUnitIsBad) {
  const Text text = decode(
      "\xff\xfe"
      "a\0b"s);
  EXPECT_EQ(text.utf8, "a\xef\xbf\xbd");
  EXPECT_EQ(text.first_bad, 4u);
}

TEST(Text, BadBytesInUtf8ThatSaysSoAreNoAnsi) {
  for (const char* const bad :
       {"\xc0\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\x80", "\xe2\x82"}) {
    const Text text = decode(
        "\xef\xbb\xbf"
        "a"s +
        bad);
    EXPECT_EQ(text.encoding, Encoding::utf8);
    EXPECT_EQ(text.first_bad, 4u);
    const Text unmarked = decode("a"s + bad);
    EXPECT_EQ(unmarked.encoding, Encoding::ansi);
    EXPECT_EQ(unmarked.first_bad, std::string::npos);
  }
}

TEST(Text, EveryAnsiByteComesBack) {
  std::string all;
  for (int byte = 1; byte < 256; ++byte) {
    all += static_cast<char>(byte);
  }
  EXPECT_EQ(encode(decode(all)), all);
}

TEST(Text, WhatAnsiDoesNotHaveIsTold) {
  bool complete = true;
  EXPECT_EQ(encode({Encoding::ansi, false, "a\xe2\x88\x9e"}, &complete), "a?");
  EXPECT_FALSE(complete);
}

}  // namespace
}  // namespace inf
