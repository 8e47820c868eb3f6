// A driver's identity as people and programs see it.
#include "cli/profile_identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "profile/testing/sample.h"

namespace cli {
namespace {

using ::testing::HasSubstr;

TEST(ProfileIdentity, HasEveryNameAndGuid) {
  const profile::Identity identity =
      profile::identity_of(profile::testing::profile_of(profile::testing::sample()));
  const nlohmann::ordered_json document = identity_json(identity);
  EXPECT_EQ(document["service"], "exampledsm");
  EXPECT_EQ(document["hardware_id"], "Root\\exampledsm");
  EXPECT_EQ(document["binary"], "exampledsm.sys");
  EXPECT_EQ(document["version"], "1.2.3.4");
  EXPECT_EQ(document["trace_guid"], profile::guid_text(identity.trace_guid));
  ASSERT_EQ(document["classes"].size(), profile::kWmiClassCount);
  EXPECT_EQ(document["classes"]["EXAMPLEDSM_DEVICE_PERF"],
            profile::guid_text(identity.class_guids[0]));

  const std::string text = identity_text(identity);
  EXPECT_THAT(text, HasSubstr("display_name    Example Array Multi-Path DSM\n"));
  for (const auto& [name, guid] : document["classes"].items()) {
    EXPECT_THAT(text, HasSubstr(name));
    EXPECT_THAT(text, HasSubstr(guid.get<std::string>()));
  }
}

}  // namespace
}  // namespace cli
