#include "cli/inf/findings_report.h"

#include <gtest/gtest.h>

namespace cli {
namespace {

const std::vector<inf::Finding> kFindings = {
    {inf::Rule::version_missing, {1, 1}, "there is no section [Version]"},
    {inf::Rule::section_unused, {7, 2}, "nothing refers to [a]"}};
const std::vector<inf::Finding> kNotes = {kFindings[1]};

TEST(FindingsReport, TextNamesPlaceRuleWhyAndRemedy) {
  const std::string text = findings_text("a.inf", kFindings);
  EXPECT_TRUE(
      text.starts_with("a.inf:1:1: error: there is no section [Version] [version-missing]\n"
                       "    Without [Version]"))
      << text;
  EXPECT_NE(text.find("a.inf:7:2: note: nothing refers to [a] [section-unused]\n"), text.npos);
  EXPECT_TRUE(text.ends_with("a.inf: not clean, errors: 1, warnings: 0, notes: 1\n")) << text;
}

TEST(FindingsReport, NotesLeaveAFileClean) {
  EXPECT_EQ(count_faults(kFindings), 1u);
  EXPECT_EQ(count_faults(kNotes), 0u);
  EXPECT_TRUE(findings_json("a.inf", kNotes)["clean"]);
  EXPECT_FALSE(findings_json("a.inf", kFindings)["clean"]);
}

TEST(FindingsReport, Json) {
  const nlohmann::json finding = findings_json("a.inf", kFindings)["findings"][1];
  EXPECT_EQ(finding["rule"], "section-unused");
  EXPECT_EQ(finding["level"], "note");
  EXPECT_EQ(finding["line"], 7);
  EXPECT_EQ(finding["column"], 2);
  EXPECT_FALSE(std::string(finding["remedy"]).empty());
}

TEST(FindingsReport, SarifRefersToItsRules) {
  const nlohmann::json run = findings_sarif("a.inf", kFindings)["runs"][0];
  const nlohmann::json rules = run["tool"]["driver"]["rules"];
  ASSERT_EQ(run["results"].size(), 2u);
  for (const nlohmann::json& result : run["results"]) {
    EXPECT_EQ(rules[size_t{result["ruleIndex"]}]["id"], result["ruleId"]);
    EXPECT_EQ(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "a.inf");
  }
}

TEST(FindingsReport, TextThatIsNoUtf8DoesNotThrow) {
  const std::vector<inf::Finding> odd = {{inf::Rule::name_placeholder, {1, 1}, "cut \xe2\x82"}};
  EXPECT_EQ(findings_json("\xff", odd)["file"], "\xef\xbf\xbd");
  EXPECT_FALSE(findings_sarif("\xff", odd).dump().empty());
}

}  // namespace
}  // namespace cli
