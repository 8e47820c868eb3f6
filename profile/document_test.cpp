// docs/profiles.md says what the keys are, and the keys that it tells are those that there are.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "dsm/policy.h"
#include "profile/keys.h"
#include "profile/testing/document.h"
#include "profile/testing/sample.h"
#include "profile/words.h"

namespace profile::testing {
namespace {

TEST(ProfilesDocument, IsUpToDate) {
  std::ifstream file(DSMKIT_SOURCE_DIR "/docs/profiles.md");
  ASSERT_TRUE(file) << "docs/profiles.md is missing";
  std::ostringstream text;
  text << file.rdbuf();
  const size_t at = text.str().find(kKeysTitle);
  ASSERT_NE(at, std::string::npos);
  EXPECT_EQ(text.str().substr(at), keys_document())
      << "make it anew: cmake --build --preset dev --target profiles_document && "
         "build/dev/profile/profiles_document docs/profiles.md";
}

// The texts for people name the words that the parser takes.
TEST(ProfilesDocument, NamesEveryWord) {
  const auto expect_all = [](Part part, const char* name, const auto& words) {
    const Key* key = find_key(part, name);
    ASSERT_NE(key, nullptr) << name;
    for (const auto& word : words) {
      EXPECT_NE(std::string(key->values).find(word.text), std::string::npos)
          << name << ": " << word.text;
    }
  };
  expect_all(Part::error, "transport", transport_words());
  expect_all(Part::error, "status", status_words());
  expect_all(Part::error, "when", condition_words());
  expect_all(Part::error, "verdict", verdict_words());
  expect_all(Part::error, "on", target_words());
  expect_all(Part::error, "then", follow_up_words());
  expect_all(Part::access, "believed_alua", alua_words());
  expect_all(Part::array, "access", array_access_words());
  expect_all(Part::array, "passive_state", passive_state_words());
}

// And the standard values that they tell are those of a profile that says nothing.
TEST(ProfilesDocument, TellsTheStandardValues) {
  const Profile profile = profile_of(sample());
  const auto standard = [](Part part, const char* name) {
    return std::string(find_key(part, name)->standard);
  };
  const auto flag = [](bool value) { return std::string(value ? "true" : "false"); };
  EXPECT_EQ(standard(Part::policy, "default"), dsm::find_policy(profile.policy)->name);
  EXPECT_EQ(standard(Part::policy, "least_blocks_sequential"),
            flag(profile.least_blocks_sequential));
  EXPECT_EQ(standard(Part::access, "extended_rtpg"), flag(profile.extended_rtpg));
  EXPECT_EQ(standard(Part::array, "controllers"), std::to_string(profile.array.controllers));
  EXPECT_EQ(standard(Part::array, "transition_time_s"),
            std::to_string(profile.array.transition_time_s));
}

}  // namespace
}  // namespace profile::testing
