// [timers] and [thresholds]: ranges, order among each other, and where they go.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "profile/testing/sample.h"

namespace profile::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<const Key*> number_keys() {
  std::vector<const Key*> keys;
  for (const Key& key : all_keys()) {
    if (key.number != Number::none) {
      keys.push_back(&key);
    }
  }
  return keys;
}

std::string with(const Key& key, const std::string& value) {
  return sample(std::string("[") + info_of(key.part).name + "]\n" + key.name + " = " + value +
                "\n");
}

TEST(Numbers, AreTakenWithinTheirRangeAndNotBeyond) {
  for (const Key* key : number_keys()) {
    SCOPED_TRACE(key->name);
    for (const int64_t bad : {int64_t{key->least} - 1, int64_t{key->most} + 1}) {
      const auto mistakes = mistakes_of(with(*key, std::to_string(bad)));
      ASSERT_EQ(mistakes.size(), 1U);
      const std::string place = "13:" + std::to_string(std::string(key->name).size() + 4);
      EXPECT_EQ(mistakes[0], place + ": [" + info_of(key->part).name + "] " + key->name + ": is " +
                                 std::to_string(bad) + "; give " + std::to_string(key->least) +
                                 " to " + std::to_string(key->most));
    }
    const uint32_t middle = key->standard_number + (key->standard_number < key->most ? 1 : 0);
    const Profile profile = profile_of(with(*key, std::to_string(middle)));
    EXPECT_EQ(profile.number(key->number), middle);
    EXPECT_TRUE(profile.says(key->number));
    EXPECT_FALSE(profile_of(sample()).says(key->number));
    EXPECT_EQ(profile_of(sample()).number(key->number), key->standard_number);
    EXPECT_GE(key->standard_number, key->least);
    EXPECT_LE(key->standard_number, key->most);
  }
}

TEST(Numbers, OfTheDsmReachIt) {
  const dsm::Config standard;
  unsigned of_dsm = 0;
  for (const Key* key : number_keys()) {
    const auto field = dsm_field(key->number);
    if (field == nullptr) {
      continue;
    }
    ++of_dsm;
    EXPECT_EQ(standard.*field, key->standard_number) << key->name << ": the documented default";
    dsm::Config config;
    const Profile profile = profile_of(with(*key, std::to_string(key->standard_number + 1)));
    apply(profile, config);
    EXPECT_EQ(config.*field, key->standard_number + 1) << key->name;
  }
  EXPECT_EQ(of_dsm, 9U);
}

TEST(Numbers, AreNumbers) {
  EXPECT_THAT(mistakes_of(sample("[timers]\nrecheck_ms = \"5 s\"\nstability_ms = 1.5\n")),
              ElementsAre("13:14: [timers] recheck_ms: is a string; give a whole number, 100 to "
                          "86400000",
                          "14:16: [timers] stability_ms: is a date, a time or a fraction; give a "
                          "whole number, 0 to 86400000"));
}

TEST(Numbers, KeepTheirOrder) {
  EXPECT_THAT(mistakes_of(sample("[timers]\ndown_after_ms = 500\n")),
              ElementsAre("13:17: [timers] suspect_after_ms (500, the standard value) must be less "
                          "than [timers] down_after_ms (500): a path is suspected before it is "
                          "left; change one of them"));
  EXPECT_THAT(mistakes_of(sample("[timers]\nnop_after_ms = 600\nsuspect_after_ms = 600\n")),
              ElementsAre("13:16: [timers] nop_after_ms (600) must be less than [timers] "
                          "suspect_after_ms (600): a path is asked for a sign of life before it is "
                          "suspected; change one of them"));
  EXPECT_THAT(mistakes_of(sample("[timers]\nbackoff_first_ms = 6_000\nretry_pause_max_ms = 9\n")),
              ElementsAre("13:20: [timers] backoff_first_ms (6000) must be no more than [timers] "
                          "backoff_max_ms (5000, the standard value): the first pause is the "
                          "shortest; change one of them",
                          "14:22: [timers] retry_pause_ms (10, the standard value) must be no more "
                          "than [timers] retry_pause_max_ms (9): the first pause is the shortest; "
                          "change one of them"));
  EXPECT_THAT(mistakes_of(sample("[thresholds]\nflap_hold_max_ms = 999\n")),
              ElementsAre("13:20: [timers] stability_ms (1000, the standard value) must be no more "
                          "than [thresholds] flap_hold_max_ms (999): a path that keeps failing "
                          "waits no less than any other; change one of them"));
  EXPECT_THAT(mistakes_of(sample("[timers]\nbackoff_first_ms = 5_000\n")), IsEmpty());
  EXPECT_EQ(mistakes_of(sample("[timers]\nnop_after_ms = 600\nsuspect_after_ms = 1\n")).size(), 1U)
      << "of a number that is wrong itself nothing more is said";
}

}  // namespace
}  // namespace profile::testing
