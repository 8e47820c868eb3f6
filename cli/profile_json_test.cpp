// A profile as people and programs see it.
#include "cli/profile_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/explain/explain.h"
#include "cli/profile_settings.h"
#include "profile/parse.h"
#include "profile/testing/sample.h"

namespace cli {
namespace {

using ::testing::HasSubstr;

const std::string kProfile =
    profile::testing::sample_with_line(10, "product_prefix = \"ARR\"\npolicy = \"least-blocks\"") +
    R"([timers]
down_after_ms = 777
[[error]]
name = "example-moving"
meaning = "it moves"
key = "not-ready"
asc = 0x04
ascq = 0x0a
transport = ["delivered", "adapter-busy"]
verdict = "retry"
pause_ms = 30
[array]
access = "active-passive"
)";

struct Shown {
  Shown() : profile(std::move(*profile::parse_profile(kProfile, "dir/f.toml").profile)) {
    apply(
        profile, [](const std::string&) { return false; }, config);
    document = profile_json(profile, config);
  }
  profile::Profile profile;
  mpio::DiskConfig config;
  nlohmann::ordered_json document;
};

// Nothing of a profile is without a place in it.
TEST(ProfileJson, HasEveryKey) {
  const Shown shown;
  for (const profile::Key& key : profile::all_keys()) {
    const std::string part = profile::info_of(key.part).name;
    if (key.part != profile::Part::device && key.part != profile::Part::error &&
        key.part != profile::Part::array) {
      EXPECT_TRUE(shown.document[part].contains(key.name)) << part << " " << key.name;
    }
  }
  EXPECT_EQ(shown.document["timers"]["down_after_ms"], 777);
  EXPECT_EQ(shown.document["timers"]["nop_after_ms"], 250) << "standard values too";
  EXPECT_EQ(shown.document["names"]["hardware_id"], "Root\\exampledsm");
  EXPECT_EQ(shown.document["devices"][0]["id"], "EXAMPLE ARR");
  EXPECT_EQ(shown.document["devices"][0]["policy"], "least-blocks");
  const auto& rule = shown.document["errors"][0];
  EXPECT_EQ(rule["name"], "example-moving");
  EXPECT_EQ(rule["line"], 15);
  EXPECT_EQ(rule["retry_after_ms"], 30);
  EXPECT_EQ(rule["match"]["key"], "2h NOT READY");
  EXPECT_EQ(rule["match"]["ascq"], "0ah");
  EXPECT_EQ(rule["match"]["transport"].dump(), R"(["delivered","adapter-busy"])");
  EXPECT_EQ(shown.document["array"]["passive_ascq"], "02h");
}

TEST(ProfileJson, TellsWhatIsInForce) {
  Shown shown;
  shown.config.down_after_ms = 2'000;
  shown.config.dsm.default_policy = dsm::PolicyId::fail_over_only;
  shown.config.dsm.device_policies = {};
  const auto document = profile_json(shown.profile, shown.config);
  EXPECT_EQ(document["timers"]["down_after_ms"], 2'000);
  EXPECT_EQ(document["policy"]["default"], "fail-over-only");
  EXPECT_EQ(document["devices"][0]["policy"], "fail-over-only");
}

TEST(ProfileJson, ReadsAsText) {
  const std::string text = profile_text(Shown().document);
  EXPECT_THAT(text, HasSubstr("file dir/f.toml\n"));
  EXPECT_THAT(text, HasSubstr("  \"EXAMPLE ARR\"  products that begin so, policy least-blocks\n"));
  EXPECT_THAT(text, HasSubstr("  down_after_ms                   777\n"));
  EXPECT_THAT(text, HasSubstr("  example-moving\n"));
  EXPECT_THAT(text, HasSubstr("key 2h NOT READY, asc 04h, ascq 0ah"));
}

TEST(ExplainSense, SaysWhoseRuleDecides) {
  const Shown shown;
  const std::array<uint8_t, 18> moving = {0x70, 0, 2, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x04, 0x0a};
  const auto theirs = explain::sense(moving, &shown.profile);
  EXPECT_EQ(theirs["rule"]["name"], "example-moving");
  EXPECT_EQ(theirs["rule"]["from"], "dir/f.toml:15");
  EXPECT_EQ(theirs["rule"]["in_front_of"], "access-transition");
  EXPECT_EQ(explain::sense(moving)["rule"]["name"], "access-transition");
  EXPECT_FALSE(explain::sense(moving)["rule"].contains("from"));

  const std::array<uint8_t, 18> other = {0x70, 0, 3, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x11, 0};
  const auto builtin = explain::sense(other, &shown.profile);
  EXPECT_EQ(builtin["rule"]["from"], "built in");
  EXPECT_FALSE(builtin["rule"].contains("in_front_of"));
}

}  // namespace
}  // namespace cli
