#include "inf/read.h"

#include <gtest/gtest.h>

#include "inf/index.h"

namespace inf {
namespace {

using std::string_literals::operator""s;
using Texts = std::vector<std::string>;

Texts texts_of(const Line& line) {
  Texts texts;
  for (const Field& field : line.values) {
    texts.push_back(field.text);
  }
  return texts;
}

// The only line of "[s]" and what stands below it.
Line line_of(const std::string& text) {
  const Document document = read("[s]\n" + text);
  EXPECT_EQ(document.sections.size(), 1u);
  EXPECT_EQ(document.sections[0].lines.size(), 1u) << text;
  EXPECT_TRUE(document.problems.empty()) << text;
  return document.sections[0].lines.at(0);
}

TEST(Read, KeyAndValuesWithTheirPlaces) {
  const Line line = line_of("  CopyFiles =  a.sys ,b.sys");
  EXPECT_TRUE(line.has_key);
  EXPECT_EQ(line.key.text, "CopyFiles");
  EXPECT_EQ(line.key.place, (Place{2, 3}));
  EXPECT_EQ(texts_of(line), (Texts{"a.sys", "b.sys"}));
  EXPECT_EQ(line.values[0].place, (Place{2, 16}));
  EXPECT_EQ(line.values[1].place, (Place{2, 23}));
}

TEST(Read, ALineWithoutAKeyHasOnlyValues) {
  const Line line = line_of("HKR,,Start,0x00010001,0");
  EXPECT_FALSE(line.has_key);
  EXPECT_EQ(texts_of(line), (Texts{"HKR", "", "Start", "0x00010001", "0"}));
  EXPECT_EQ(line.name().text, "HKR");
  EXPECT_EQ(line.value(7).text, "");
}

TEST(Read, AnEqualsSignBehindTheFirstCommaIsText) {
  EXPECT_EQ(texts_of(line_of("a,b=c")), (Texts{"a", "b=c"}));
  EXPECT_EQ(texts_of(line_of("k = b=c")), (Texts{"b=c"}));
  EXPECT_FALSE(line_of("\"a=b\",c").has_key);
}

TEST(Read, HowManyValuesThereAre) {
  EXPECT_EQ(texts_of(line_of("k =")), Texts{});
  EXPECT_EQ(texts_of(line_of("k = \"\"")), Texts{""});
  EXPECT_EQ(texts_of(line_of("k = ,")), (Texts{"", ""}));
  EXPECT_EQ(texts_of(line_of("k = a,")), (Texts{"a", ""}));
}

TEST(Read, QuotesKeepBlanksAndSignsAndAreOneWhenDoubled) {
  const Line line = line_of("k = \" a, b; c = d\" , \"say \"\"yes\"\"\" ; said");
  EXPECT_EQ(texts_of(line), (Texts{" a, b; c = d", "say \"yes\""}));
  EXPECT_TRUE(line.values[0].quoted);
  // Quotes may stand in the middle.
  EXPECT_EQ(texts_of(line_of("k = a\" b \"c ")), Texts{"a b c"});
  EXPECT_EQ(texts_of(line_of("k = \"a \"  ")), Texts{"a "});
}

TEST(Read, CommentsEndALine) {
  EXPECT_EQ(texts_of(line_of("; nothing\nk = a ; b\n ;c")), Texts{"a"});
  EXPECT_TRUE(read("; only").sections.empty());
}

TEST(Read, ABackslashAtTheEndGoesOn) {
  const Line line = line_of("k = 01,02,\\\r\n    03, \\ ; a comment\r\n\\\r\n 04");
  EXPECT_EQ(texts_of(line), (Texts{"01", "02", "03", "04"}));
  EXPECT_EQ(line.values[2].place, (Place{3, 5}));
  EXPECT_EQ(line.values[3].place, (Place{5, 2}));
  // In the middle of a text, where blanks at the break are none of it.
  EXPECT_EQ(texts_of(line_of("k = ab \\\n  cd")), Texts{"abcd"});
  EXPECT_EQ(texts_of(line_of("k \\\n = a")), Texts{"a"});
}

TEST(Read, AnyOtherBackslashIsText) {
  EXPECT_EQ(texts_of(line_of("k = Root\\MYDSM, \\%name%,\"a\\\"")),
            (Texts{"Root\\MYDSM", "\\%name%", "a\\"}));
}

TEST(Read, SectionsOfOneNameAreOne) {
  const Document document = read("[A]\na = 1\n[b]\nc = 2\n[a]\nd = 3\n");
  ASSERT_EQ(document.sections.size(), 3u);
  const Index index(document);
  ASSERT_EQ(index.lines_of("a").size(), 2u);
  ASSERT_NE(index.find("a", "D"), nullptr);
  EXPECT_EQ(Index(document).find("a", "D")->value(0).text, "3");
  EXPECT_EQ(Index(document).find("b", "d"), nullptr);
  EXPECT_TRUE(index.has("B"));
  EXPECT_FALSE(index.has("ab"));
}

TEST(Read, LineEndsOfAnyKindCountOnce) {
  const Document document = read("[a]\r\n\r\nb = 1\rc = 2\n\nd = 3");
  ASSERT_EQ(document.sections.size(), 1u);
  const std::vector<Line>& lines = document.sections[0].lines;
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0].place, (Place{3, 1}));
  EXPECT_EQ(lines[1].place, (Place{4, 1}));
  EXPECT_EQ(lines[2].place, (Place{6, 1}));
}

TEST(Read, ColumnsCountCharacters) {
  const Line line = line_of("\xc3\xb6\xe2\x82\xac = \xf0\x9f\x98\x80, a");
  EXPECT_EQ(line.values[0].place, (Place{2, 6}));
  EXPECT_EQ(line.values[1].place, (Place{2, 9}));
}

struct Odd {
  const char* text;
  Complaint complaint;
  Place place;
};
class ReadOdd : public testing::TestWithParam<Odd> {};

TEST_P(ReadOdd, IsToldWithItsPlaceAndReadOn) {
  const Document document = read(std::string(GetParam().text) + "\n[after]\nk = v\n");
  ASSERT_EQ(document.problems.size(), 1u);
  EXPECT_EQ(document.problems[0], (Problem{GetParam().complaint, GetParam().place}));
  EXPECT_NE(Index(document).find("after", "k"), nullptr);
}

INSTANTIATE_TEST_SUITE_P(All, ReadOdd,
                         testing::Values(Odd{"[a]\n [name", Complaint::open_section_name, {2, 2}},
                                         Odd{"[na;me]", Complaint::open_section_name, {1, 1}},
                                         Odd{"[a] b", Complaint::text_after_section, {1, 5}},
                                         Odd{"[ ]", Complaint::empty_section_name, {1, 1}},
                                         Odd{"k = v", Complaint::text_before_section, {1, 1}},
                                         Odd{"[a]\nk = \"v", Complaint::open_quote, {2, 5}}));

TEST(Read, ALastLineThatGoesOnIsTold) {
  const Document document = read("[a]\nk = v,\\");
  ASSERT_EQ(document.problems.size(), 1u);
  EXPECT_EQ(document.problems[0], (Problem{Complaint::continued_at_end, {2, 7}}));
  EXPECT_EQ(Index(document).find("a", "k")->value(0).text, "v");
}

TEST(Read, NulIsToldOnce) {
  const Document document = read("[a]\nk = v\0w\0\n"s);
  ASSERT_EQ(document.problems.size(), 1u);
  EXPECT_EQ(document.problems[0], (Problem{Complaint::nul_character, {2, 6}}));
}

TEST(Read, BadBytesAreTheFirstProblem) {
  const Document document = read_bytes("\xef\xbb\xbf[a]\nk = \xff\nj = \"\n");
  ASSERT_EQ(document.problems.size(), 2u);
  EXPECT_EQ(document.problems[0], (Problem{Complaint::bad_bytes, {2, 5}}));
}

}  // namespace
}  // namespace inf
