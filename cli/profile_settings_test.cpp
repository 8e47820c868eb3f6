// What a profile means for the disk and for the array, and that the command line wins.
#include "cli/profile_settings.h"

#include <gtest/gtest.h>

#include <set>

#include "profile/testing/sample.h"

namespace cli {
namespace {

profile::Profile profile_of(const std::string& added) {
  return profile::testing::profile_of(
      profile::testing::sample("policy = \"least-blocks\"\n" + added));
}

Given options(std::set<std::string> given = {}) {
  return [given](const std::string& option) { return given.count(option) != 0; };
}

TEST(ProfileSettings, StandardValuesAreThoseOfTheDisk) {
  const mpio::DiskConfig disk;
  for (size_t i = 0; i < profile::kNumberCount; ++i) {
    const auto number = static_cast<profile::Number>(i);
    EXPECT_EQ(value_of(disk, number), profile::key_of(number).standard_number)
        << profile::key_of(number).name;
  }
}

TEST(ProfileSettings, EachNumberGoesToAPlaceOfItsOwn) {
  std::set<const uint32_t*> places;
  const mpio::DiskConfig disk;
  for (size_t i = 0; i < profile::kNumberCount; ++i) {
    places.insert(&value_of(disk, static_cast<profile::Number>(i)));
  }
  EXPECT_EQ(places.size(), profile::kNumberCount);
}

TEST(ProfileSettings, EverythingReachesTheDisk) {
  const profile::Profile profile = profile_of(R"(
[policy]
default = "fail-over-only"
[timers]
down_after_ms = 777
rtpg_deadline_ms = 888
[thresholds]
retry_limit = 3
[access]
believed_alua = "implicit"
extended_rtpg = false
[[error]]
name = "r"
meaning = "m"
key = 2
verdict = "report"
)");
  mpio::DiskConfig disk;
  apply(profile, options(), disk);
  EXPECT_EQ(disk.down_after_ms, 777U);
  EXPECT_EQ(disk.dsm.rtpg_deadline_ms, 888U);
  EXPECT_EQ(disk.retry_limit, 3U);
  EXPECT_EQ(disk.dsm.default_policy, dsm::PolicyId::fail_over_only);
  EXPECT_EQ(disk.believed_alua, dsm::AluaSupport::implicit_only);
  EXPECT_FALSE(disk.dsm.extended_rtpg);
  EXPECT_EQ(disk.devices, std::vector<std::string>{"EXAMPLE ARRAY           "});
  ASSERT_EQ(disk.dsm.vendor_rows.size(), 1U);
  EXPECT_STREQ(disk.dsm.vendor_rows[0].name, "r");
  ASSERT_EQ(disk.dsm.device_policies.size(), 1U);
  EXPECT_EQ(disk.dsm.device_policies[0].policy, dsm::PolicyId::least_blocks);
}

TEST(ProfileSettings, TheCommandLineWins) {
  const profile::Profile profile = profile_of(
      "[policy]\ndefault = \"fail-over-only\"\n[timers]\ndown_after_ms = 777\nstability_ms = 5\n");
  mpio::DiskConfig disk;
  disk.down_after_ms = 1'000;
  disk.run.policy = dsm::PolicyId::round_robin;
  apply(profile, options({"--down-after-ms"}), disk);
  EXPECT_EQ(disk.down_after_ms, 1'000U);
  EXPECT_EQ(disk.stability_ms, 5U) << "what it does not say is the profile's";
  EXPECT_EQ(disk.run.policy, dsm::PolicyId::round_robin) << "which stands above all defaults";
}

TEST(ProfileSettings, TheArrayIsTheVendors) {
  ArrayOptions array;
  apply(profile_of("[array]\naccess = \"alua\"\nalua = \"implicit\"\npassive_state = \"standby\"\n"
                   "controllers = 3\ntransition_time_s = 9\n"),
        options(), array);
  EXPECT_EQ(array.vendor, "EXAMPLE");
  EXPECT_EQ(array.product, "ARRAY");
  EXPECT_EQ(array.alua, "implicit");
  EXPECT_EQ(array.passive_state, "standby");
  EXPECT_EQ(array.controllers, 3U);
  EXPECT_EQ(array.transition_time_s, 9);
  EXPECT_FALSE(array.passive);

  ArrayOptions symmetric;
  apply(profile_of(""), options(), symmetric);
  EXPECT_EQ(symmetric.alua, "none");
  EXPECT_FALSE(symmetric.passive);

  const profile::Profile old =
      profile_of("[array]\naccess = \"active-passive\"\npassive_asc = 0x80\npassive_ascq = 0x01\n");
  ArrayOptions passive;
  apply(old, options(), passive);
  EXPECT_EQ(passive.alua, "none");
  ASSERT_TRUE(passive.passive);
  EXPECT_EQ(passive.passive->sense_key, 2);
  EXPECT_EQ(passive.passive->sense_code, 0x8001);
}

TEST(ProfileSettings, TheCommandLineWinsForTheArrayToo) {
  const profile::Profile old = profile_of("[array]\naccess = \"active-passive\"\n");
  ArrayOptions array;
  array.alua = "explicit";
  array.controllers = 4;
  apply(old, options({"--alua", "--controllers"}), array);
  EXPECT_EQ(array.alua, "explicit");
  EXPECT_EQ(array.controllers, 4U);
  EXPECT_FALSE(array.passive) << "access states and an owner would contradict each other";
  EXPECT_EQ(array.product, "ARRAY");
}

}  // namespace
}  // namespace cli
