// [names]: what may be in it, and what is said of what may not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "profile/testing/sample.h"

namespace profile::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Names, AreTakenAsTheyAre) {
  const Names names = profile_of(sample()).names;
  EXPECT_EQ(names.vendor, "Example");
  EXPECT_EQ(names.product, "Example Array");
  EXPECT_EQ(names.company, "Example Corp.");
  EXPECT_EQ(names.service, "exampledsm");
  EXPECT_EQ(names.version, "1.2.3.4");
}

TEST(Names, OfMicrosoftsModulesAndItsSampleAreRefusedWhereverTheyStand) {
  EXPECT_THAT(mistakes_of(sample_with_line(5, "service = \"msdsm\"")),
              ElementsAre("5:11: [names] service: \"msdsm\" holds MSDSM, a name of Microsoft's own "
                          "modules or of its sample, which no other DSM may carry; give your own"));
  for (const char* reserved : {"GENDSM", "MsIscDsm", "MSDSM", "SampleDSM", "my-gendsm-2", "msdsm2",
                               "old_MSDSM", "SystemsDSM", "msdsmith", "gendsms"}) {
    for (const auto& [line, key] : {std::pair(2U, "vendor"), std::pair(3U, "product"),
                                    std::pair(4U, "company"), std::pair(5U, "service")}) {
      const auto mistakes =
          mistakes_of(sample_with_line(line, std::string(key) + " = \"" + reserved + "\""));
      ASSERT_EQ(mistakes.size(), 1U) << key << reserved;
      EXPECT_NE(mistakes[0].find("a name of Microsoft's own"), std::string::npos) << mistakes[0];
    }
  }
  for (const char* other : {"mydsm", "Systems-DSM", "msds", "gends"}) {
    EXPECT_THAT(mistakes_of(sample_with_line(5, std::string("service = \"") + other + "\"")),
                IsEmpty())
        << other;
  }
}

TEST(Names, OfTheServiceCanBeThatOfAFile) {
  EXPECT_THAT(mistakes_of(sample_with_line(5, "service = \"my dsm.sys\"")),
              ElementsAre("5:11: [names] service: \"my dsm.sys\" cannot name a service and a file; "
                          "give a letter, then up to 31 letters, digits, '-' and '_'"));
  EXPECT_THAT(mistakes_of(sample_with_line(5, "service = \"mpio\"")),
              ElementsAre("5:11: [names] service: \"mpio\" is a service of Windows; give a name of "
                          "your own"));
  for (const std::string& bad : {std::string(""), std::string("9dsm"), std::string(33, 'a')}) {
    EXPECT_EQ(mistakes_of(sample_with_line(5, "service = \"" + bad + "\"")).size(), 1U) << bad;
  }
  EXPECT_THAT(mistakes_of(sample_with_line(5, "service = \"" + std::string(32, 'a') + "\"")),
              IsEmpty());
}

TEST(Names, AndTheVersionAreChecked) {
  EXPECT_THAT(mistakes_of(sample_with_line(2, "vendor = \"two words\"")),
              ElementsAre("2:10: [names] vendor: \"two words\" is no short name; give 1 to 16 "
                          "letters, digits, '-', '_' and '.'"));
  EXPECT_THAT(mistakes_of(sample_with_line(3, "product = \"\"")),
              ElementsAre("3:11: [names] product: is empty; give 1 to 63 characters"));
  EXPECT_THAT(mistakes_of(sample_with_line(4, "company = \"" + std::string(64, 'c') + "\"")),
              ElementsAre("4:11: [names] company: has 64 characters; give 1 to 63"));
  EXPECT_THAT(
      mistakes_of(sample_with_line(4, "company = \"M\\u00fcller\"")),
      ElementsAre("4:11: [names] company: \"M??ller\" has characters that are not printable "
                  "ASCII (20h to 7Eh)"));
  EXPECT_THAT(
      mistakes_of(sample_with_line(6, "version = \"1.2.3\"")),
      ElementsAre("6:11: [names] version: \"1.2.3\" is no driver version; give four numbers "
                  "of 0 to 65535, as in \"1.0.0.0\""));
  for (const char* bad :
       {"", "1.2.3.4.5", "1.2.3.", "1..3.4", "1.2.3.65536", "1.2.3.x", "-1.0.0.0"}) {
    EXPECT_EQ(mistakes_of(sample_with_line(6, std::string("version = \"") + bad + "\"")).size(), 1U)
        << bad;
  }
  EXPECT_THAT(mistakes_of(sample_with_line(6, "version = \"0.0.65535.1\"")), IsEmpty());
}

TEST(Names, AreAllNeeded) {
  EXPECT_THAT(mistakes_of(sample_with_line(4, "")),
              ElementsAre("1:1: [names] lacks the key company: whose driver it is; add it"));
}

}  // namespace
}  // namespace profile::testing
