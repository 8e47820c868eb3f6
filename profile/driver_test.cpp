// [driver]: what may be in it, and what is said of what may not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "profile/identity.h"
#include "profile/testing/sample.h"

namespace profile::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string with(const std::string& line) {
  return sample("[driver]\n" + line + "\n");
}

TEST(Driver, NamesWinOverThoseThatAreMade) {
  const Identity identity = identity_of(profile_of(
      with("display_name = \"Example Paths\"\nbinary = \"ex_9.sys\"\nclass_prefix = \"EX_9\"\n"
           "trace_provider = \"Example.Paths\"\n"
           "trace_guid = \"{11111111-2222-3333-4444-555555555555}\"\n"
           "guid_device_perf = \"AAAAAAAA-2222-3333-4444-555555555555\"")));
  EXPECT_EQ(identity.display_name, "Example Paths");
  EXPECT_EQ(identity.binary, "ex_9.sys");
  EXPECT_EQ(identity.class_name(0), "EX_9_DEVICE_PERF");
  EXPECT_EQ(identity.trace_provider, "Example.Paths");
  EXPECT_EQ(guid_text(identity.trace_guid), "11111111-2222-3333-4444-555555555555");
  EXPECT_EQ(guid_text(identity.class_guids[0]), "aaaaaaaa-2222-3333-4444-555555555555");
}

TEST(Driver, NamesAreChecked) {
  EXPECT_THAT(
      mistakes_of(with("binary = \"my driver.exe\"")),
      ElementsAre("13:10: [driver] binary: \"my driver.exe\" cannot name the driver's file; "
                  "give a letter, then up to 31 letters, digits, '-' and '_', and .sys"));
  EXPECT_THAT(mistakes_of(with("class_prefix = \"Acme\"")),
              ElementsAre("13:16: [driver] class_prefix: \"Acme\" cannot begin the names of WMI "
                          "classes; give a capital letter, then up to 31 capital letters, digits "
                          "and '_'"));
  EXPECT_THAT(mistakes_of(with("trace_provider = \"a b\"")),
              ElementsAre("13:18: [driver] trace_provider: \"a b\" cannot name a trace provider; "
                          "give 1 to 63 letters, digits, '-', '_' and '.'"));
  EXPECT_THAT(mistakes_of(with("display_name = \"\"")),
              ElementsAre("13:16: [driver] display_name: is empty; give 1 to 127 characters"));
  for (const char* bad :
       {"binary = \".sys\"", "binary = \"sys\"", "binary = \"\"", "binary = \"9.sys\"",
        "binary = \"a/b.sys\"", "class_prefix = \"\"", "class_prefix = \"_A\"",
        "class_prefix = \"A-B\"", "trace_provider = \"\"", "display_name = 3"}) {
    EXPECT_EQ(mistakes_of(with(bad)).size(), 1U) << bad;
  }
  const std::string most(32, 'A');
  EXPECT_THAT(mistakes_of(with("binary = \"" + most + ".sys\"\nclass_prefix = \"" + most + "\"")),
              IsEmpty());
  EXPECT_EQ(
      mistakes_of(with("binary = \"A" + most + ".sys\"\nclass_prefix = \"A" + most + "\"")).size(),
      2U);
}

TEST(Driver, NamesOfMicrosoftsModulesAreRefused) {
  for (const char* line :
       {"binary = \"msdsm.sys\"", "class_prefix = \"MSDSM\"", "display_name = \"the SampleDSM\"",
        "trace_provider = \"My.GENDSM.x\""}) {
    const auto mistakes = mistakes_of(with(line));
    ASSERT_EQ(mistakes.size(), 1U) << line;
    EXPECT_NE(mistakes[0].find("a name of Microsoft's own"), std::string::npos) << mistakes[0];
  }
}

TEST(Driver, GuidsAreChecked) {
  EXPECT_THAT(mistakes_of(with("trace_guid = \"12\"")),
              ElementsAre("13:14: [driver] trace_guid: \"12\" is no GUID; give one as in "
                          "\"{01234567-89ab-cdef-0123-456789abcdef}\", or leave it out"));
  EXPECT_THAT(mistakes_of(with("guid_device_perf = \"{875B8871-4889-4114-93f6-cd064c001cea}\"")),
              ElementsAre("13:20: [driver] guid_device_perf: "
                          "\"{875B8871-4889-4114-93f6-cd064c001cea}\" is not yours: it is none at "
                          "all, or one of Microsoft's own DSM; leave it out to get one of your "
                          "own"));
  for (const char* taken :
       {"00000000-0000-0000-0000-000000000000", "04517f7e-92bb-4ebe-aed0-54339fa5f544",
        "c81b5681-f3ca-4c98-9325-707d0d62ffc4", "dedadff5-f99f-4600-b8c9-2d4d9b806b5b"}) {
    EXPECT_EQ(mistakes_of(with(std::string("trace_guid = \"") + taken + "\"")).size(), 1U) << taken;
  }
}

TEST(Driver, GuidsAreOfOneThingOnly) {
  EXPECT_THAT(mistakes_of(with("trace_guid = \"11111111-2222-3333-4444-555555555555\"\n"
                               "guid_wmi_methods = \"{11111111-2222-3333-4444-555555555555}\"")),
              ElementsAre("14:20: [driver] guid_wmi_methods: is the GUID of trace_guid too; each "
                          "has one of its own"));
  const Identity made = identity_of(profile_of(sample()));
  EXPECT_THAT(mistakes_of(with("trace_guid = \"" + guid_text(made.class_guids[3]) + "\"")),
              ElementsAre("13:14: [driver] trace_guid: is the GUID of guid_devicepath_health too; "
                          "each has one of its own"));
}

TEST(Driver, HasAKeyForEachClass) {
  for (size_t i = 0; i < kWmiClassCount; ++i) {
    const Key* key = find_key(Part::driver, guid_key(i));
    ASSERT_NE(key, nullptr) << guid_key(i);
    EXPECT_NE(std::string(key->meaning).find("PREFIX_" + std::string(kWmiClasses[i])),
              std::string::npos);
  }
}

TEST(Driver, KeysThatThereAreNotGetASuggestion) {
  EXPECT_THAT(mistakes_of(with("guid_devicepath_helth = \"x\"")),
              ElementsAre("13:1: [driver] has no key \"guid_devicepath_helth\"; did you mean "
                          "guid_devicepath_health?"));
}

}  // namespace
}  // namespace profile::testing
