#include "inf/write.h"

#include <gtest/gtest.h>

#include "inf/read.h"

namespace inf {
namespace {

TEST(Write, QuotesWhereATextNeedsThem) {
  for (const char* const plain :
       {"a.sys", "0x00010001", "%12%\\my.sys", "Root\\MYDSM", "{4D36}", ""}) {
    EXPECT_EQ(quoted_if_needed(plain), plain);
  }
  EXPECT_EQ(quoted_if_needed("a b"), "\"a b\"");
  EXPECT_EQ(quoted_if_needed("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(quoted_if_needed("a\\"), "\"a\\\"");
  EXPECT_EQ(quoted_if_needed("a,b"), "\"a,b\"");
  EXPECT_EQ(quoted_if_needed("a\nb"), "\"a b\"");
}

TEST(Write, OneForm) {
  const Document document = read(
      " [Version] ;x\n Signature=\"$WINDOWS NT$\"\n\n\n[s]\nHKR , , \"a\" ,\\\n 1\nk=\nj=\"\"");
  EXPECT_EQ(
      write(document),
      "[Version]\r\nSignature = \"$WINDOWS NT$\"\r\n\r\n[s]\r\nHKR,,a,1\r\nk =\r\nj = \"\"\r\n");
}

class WriteAgain : public testing::TestWithParam<const char*> {};

TEST_P(WriteAgain, WhatIsWrittenReadsTheSame) {
  const std::string once = write(read(GetParam()));
  const Document again = read(once);
  EXPECT_TRUE(again.problems.empty());
  EXPECT_EQ(write(again), once);
}

INSTANTIATE_TEST_SUITE_P(All, WriteAgain,
                         testing::Values("[a;b\n", "[a b ]\nk=v", "[\"a]b\"]", "[a]\n,\n=\n=,",
                                         "[a]\n\"[b]\"", "[a]\n\"\"\n\" \"=\" \",\\x\n\"=\"=1",
                                         "[a\\]\nb\\\\,\"c\\\"", "[a]\nk = \"x",
                                         "[a]\nk = ,,\n,,"));

TEST(Write, CommentsAndPaddedKeys) {
  Writer writer;
  writer.comment("First\n\nsecond");
  writer.section("Version");
  writer.entry("Class", "System", 9);
  const std::string_view list[] = {"a b", "c"};
  writer.entry("ClassGuid", list, 9);
  EXPECT_EQ(writer.text(),
            "; First\r\n;\r\n; second\r\n\r\n[Version]\r\nClass     = System\r\nClassGuid = \"a "
            "b\",c\r\n");
}

TEST(Write, OneLineOverSeveral) {
  Writer writer;
  const std::string_view head[] = {"HKR", "a b"};
  const std::string_view rest[] = {"01", "02", "c "};
  writer.section("s");
  writer.wrapped_line(head, rest, 2);
  EXPECT_EQ(writer.text(), "[s]\r\nHKR,\"a b\",\\\r\n    01,02,\\\r\n    \"c \"\r\n");
  const Document document = read(writer.text());
  EXPECT_TRUE(document.problems.empty());
  ASSERT_EQ(document.sections[0].lines.size(), 1U);
  const Line& line = document.sections[0].lines[0];
  ASSERT_EQ(line.values.size(), 5U);
  EXPECT_EQ(line.value(4).text, "c ");
}

}  // namespace
}  // namespace inf
