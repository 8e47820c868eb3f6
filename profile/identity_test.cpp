// Who a driver is, made of its names; and windows/driver/identity.h is that of mydsm.
#include "profile/identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "profile/testing/sample.h"

namespace profile::testing {
namespace {

using ::testing::HasSubstr;

std::string content(const std::string& name) {
  std::ifstream file(std::string(DSMKIT_SOURCE_DIR "/") + name);
  EXPECT_TRUE(file) << name;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(Identity, IsMadeOfTheNames) {
  const Identity identity = identity_of(profile_of(sample()));
  EXPECT_EQ(identity.binary, "exampledsm.sys");
  EXPECT_EQ(identity.display_name, "Example Array Multi-Path DSM");
  EXPECT_EQ(identity.company, "Example Corp.");
  EXPECT_EQ(identity.version, (std::array<uint16_t, 4>{1, 2, 3, 4}));
  EXPECT_EQ(identity.trace_provider, "Example-exampledsm");
  EXPECT_EQ(identity.class_name(0), "EXAMPLEDSM_DEVICE_PERF");
  // Written down, so that a later version of dsmkit cannot change them.
  EXPECT_EQ(guid_text(identity.trace_guid), "51683a4b-8653-538e-86be-b4287b8e5fc0");
  EXPECT_EQ(guid_text(identity.class_guids[0]), "fdbb77f0-0faf-5df5-a23d-9b04e4b8489e");
}

TEST(Identity, OfServicesWithDashesHasNamesOfClasses) {
  const Identity identity = identity_of(profile_of(sample_with_line(5, "service = \"my-dsm_2\"")));
  EXPECT_EQ(identity.class_prefix, "MY_DSM_2");
}

std::set<std::string> all_of(const Identity& identity) {
  std::set<std::string> all = {identity.service,        identity.binary,
                               identity.display_name,   identity.class_prefix,
                               identity.trace_provider, guid_text(identity.trace_guid)};
  for (size_t i = 0; i < kWmiClassCount; ++i) {
    all.insert(identity.class_name(i));
    all.insert(guid_text(identity.class_guids[i]));
  }
  return all;
}

// Side by side on one machine: nothing of one is anything of the other.
TEST(Identity, OfTwoDriversHasNothingInCommon) {
  const char* names[] = {"mydsm", "alua", "active-passive", "symmetric-active-active"};
  std::set<std::string> seen;
  size_t count = 0;
  for (const char* name : names) {
    const auto all =
        all_of(identity_of(profile_of(content(std::string("vendors/") + name + ".toml"))));
    EXPECT_EQ(all.size(), 6 + 2 * kWmiClassCount) << name;
    count += all.size();
    seen.insert(all.begin(), all.end());
  }
  EXPECT_EQ(seen.size(), count);
}

// One vendor, two services; and one service's name at two vendors.
TEST(Identity, GuidsDependOnVendorAndService) {
  const Identity one = identity_of(profile_of(sample()));
  const Identity service = identity_of(profile_of(sample_with_line(5, "service = \"otherdsm\"")));
  const Identity vendor = identity_of(profile_of(sample_with_line(2, "vendor = \"Other\"")));
  for (size_t i = 0; i < kWmiClassCount; ++i) {
    EXPECT_NE(one.class_guids[i], service.class_guids[i]);
    EXPECT_NE(one.class_guids[i], vendor.class_guids[i]);
  }
  EXPECT_NE(one.trace_guid, service.trace_guid);
  EXPECT_NE(one.trace_guid, vendor.trace_guid);
}

TEST(Identity, OfMyDsmIsWhatTheDriverIsBuiltWith) {
  EXPECT_EQ(content("windows/driver/identity.h"),
            identity_header(identity_of(profile_of(content("vendors/mydsm.toml")))))
      << "make it anew: build/dev/dsmkit profile identity vendors/mydsm.toml --header > "
         "windows/driver/identity.h";
}

// The driver's version is dsmkit's, said once more because Windows wants four numbers.
TEST(Identity, OfMyDsmHasTheVersionOfTheProject) {
  const Profile profile = profile_of(content("vendors/mydsm.toml"));
  EXPECT_EQ(profile.names.version, DSMKIT_VERSION ".0");
}

TEST(Identity, AsAHeaderKeepsTextsAsTheyAre) {
  EXPECT_THAT(
      identity_header(identity_of(profile_of(sample_with_line(4, R"(company = 'A "B" \C')")))),
      HasSubstr(R"(kCompany[] = KERNEL_TEXT("A \"B\" \\C");)"));
}

}  // namespace
}  // namespace profile::testing
