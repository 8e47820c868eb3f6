// The file as a whole: parts, keys, syntax; all mistakes at once, in the order of the file.
#include "profile/parse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "profile/suggest.h"
#include "profile/testing/sample.h"

namespace profile::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Parse, NeedsNamesAndDevices) {
  EXPECT_THAT(mistakes_of(sample()), IsEmpty());
  EXPECT_THAT(mistakes_of(""),
              ElementsAre(" [names] is missing: Who makes it, and what it is called. Add it",
                          " [[device]] is missing: The devices that the profile is for, by what "
                          "INQUIRY says; the first that matches counts. Add it"));
}

TEST(Parse, KnowsItsPartsAndKeysOnly) {
  EXPECT_THAT(mistakes_of(sample("[timer]\nx = 1\n")),
              ElementsAre("12:2: there is no part \"timer\"; did you mean timers?"));
  EXPECT_THAT(mistakes_of(sample("[timers]\ndown_afterms = 1\nwhatever-this-is = 2\n"))[0],
              "13:1: [timers] has no key \"down_afterms\"; did you mean down_after_ms?");
  EXPECT_THAT(mistakes_of(sample("[access]\nfirmware = 2\n")),
              ElementsAre("13:1: [access] has no key \"firmware\"; there are extended_rtpg and "
                          "believed_alua"));
}

TEST(Parse, KnowsTablesFromLists) {
  EXPECT_THAT(mistakes_of(sample("[[timers]]\nrecheck_ms = 100\n")),
              ElementsAre("12:1: [timers] is a list; give a table: its name in brackets, and keys "
                          "below"));
  EXPECT_THAT(mistakes_of(sample("[error]\nname = \"x\"\n")),
              ElementsAre("12:1: [[error]]: write the name in two brackets, once for each"));
  EXPECT_THAT(mistakes_of("error = [1]\n" + sample()),
              ElementsAre("1:10: [[error]] is a whole number; give a table: its name in brackets, "
                          "and keys below"));
  EXPECT_THAT(mistakes_of("timers = 2020-01-01\n" + sample()),
              ElementsAre("1:10: [timers] is a date, a time or a fraction; give a table: its name "
                          "in brackets, and keys below"));
}

TEST(Parse, TellsAllMistakesInTheOrderOfTheFile) {
  EXPECT_THAT(mistakes_of("[timers]\nrecheck_ms = 5\n" +
                          sample_with_line(6, "version = \"1\"\ncolour = \"red\"")),
              ElementsAre("2:14: [timers] recheck_ms: is 5; give 100 to 86400000",
                          "8:11: [names] version: \"1\" is no driver version; give four numbers of "
                          "0 to 65535, as in \"1.0.0.0\"",
                          "9:1: [names] has no key \"colour\"; there are vendor, product, company, "
                          "service and version"));
}

TEST(Parse, TellsTheMistakesOfALineInTheirOrder) {
  EXPECT_THAT(mistakes_of("access = {extended_rtpg = 5, x = 1}\n" + sample()),
              ElementsAre("1:27: [access] extended_rtpg: is a whole number; give true or false, "
                          "without quotes",
                          "1:30: [access] has no key \"x\"; there are extended_rtpg and "
                          "believed_alua"));
}

TEST(Parse, StopsWhereItIsNoToml) {
  const auto mistakes = mistakes_of(sample("[timers]\nrecheck_ms = = 5\n"));
  ASSERT_EQ(mistakes.size(), 1U);
  EXPECT_THAT(mistakes[0], ::testing::StartsWith("13:14: this is no TOML: "));
  EXPECT_THAT(mistakes[0], ::testing::EndsWith("; what stands behind it has not been looked at "
                                               "(https://toml.io/en/v1.0.0)"));
  EXPECT_THAT(mistakes_of(sample("[names]\n"))[0], ::testing::StartsWith("12:1: this is no TOML: "))
      << "a table twice";
}

TEST(Parse, IsAsciiOutsideOfComments) {
  EXPECT_THAT(mistakes_of("\xef\xbb\xbf# M\xc3\xbcller \" '\n" + sample()), IsEmpty());
  EXPECT_THAT(mistakes_of(sample("[timers] # \xe2\x82\xac\nrecheck_ms = 5 # \xc3\xa4\n")),
              ElementsAre("13:14: [timers] recheck_ms: is 5; give 100 to 86400000"));
  constexpr const char* kNoAscii =
      ": outside of comments a profile is ASCII, and this character is not; write it another way "
      "(ae, EUR)";
  EXPECT_THAT(mistakes_of(sample_with_line(4, "company = \"# M\xc3\xbcller \xc3\xa4\" # \xc3\xa4")),
              ElementsAre(std::string("4:15") + kNoAscii));
  EXPECT_THAT(mistakes_of(sample_with_line(4, "company = 'a\\' # \xc3\xa4")), IsEmpty());
  EXPECT_THAT(mistakes_of(sample_with_line(4, "company = \"a\\\" # \xc3\xa4\"")),
              ElementsAre(std::string("4:18") + kNoAscii));
  // Where the TOML library would go astray.
  EXPECT_THAT(mistakes_of(sample("\xc2\xa4 = 1\n"))[0], std::string("12:1") + kNoAscii);
}

TEST(Parse, SurvivesWhatIsNotText) {
  EXPECT_EQ(mistakes_of(std::string("\0\xff\n[", 4)).size(), 2U);
  EXPECT_EQ(mistakes_of("a = " + std::string(100'000, '[')).size(), 1U);
  EXPECT_THAT(mistakes_of(sample(std::string(kMaxProfileBytes, '#'))),
              ElementsAre(" has 1048748 bytes; a profile has at most 1048576"));
  EXPECT_THAT(mistakes_of("\"\\u0007\\n\" = 1\n" + sample()),
              ElementsAre(::testing::StartsWith("1:1: there is no part \"??\"; there are names")));
}

TEST(Parse, KeepsTheTextsOfItsRowsWhenItMoves) {
  Profile profile = profile_of(
      sample("[[error]]\nname = \"r\"\nmeaning = \"m\"\nkey = 2\nverdict = \"report\"\n"));
  const Profile moved = std::move(profile);
  EXPECT_STREQ(moved.rows[0].name, "r");
  EXPECT_STREQ(moved.rows[0].explain, "m");
}

TEST(Suggest, TheNearestWordOrAllOfThem) {
  const std::vector<std::string_view> words = {"retry", "report", "fail-over"};
  EXPECT_EQ(nearest("retyr", words), "retry");
  EXPECT_EQ(nearest("failover", words), "fail-over");
  EXPECT_EQ(nearest("x", words), "");
  EXPECT_EQ(nearest(std::string(10'000, 'r'), words), "");
  EXPECT_EQ(suggestion("zzzzzzzz", words), "; there are retry, report and fail-over");
  EXPECT_EQ(in_quotes(std::string(50, 'a')), "\"" + std::string(40, 'a') + "...\"");
}

}  // namespace
}  // namespace profile::testing
