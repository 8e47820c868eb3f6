// [[device]], [policy] and [access].
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "profile/testing/sample.h"

namespace profile::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string device(const std::string& keys) {
  return "[[device]]\nvendor = \"V\"\n" + keys;
}

TEST(Devices, ArePaddedOrAPrefix) {
  const Profile profile =
      profile_of(sample(device("product = \"DISK_9\"\n") + device("product_prefix = \"DISK_\"\n")));
  ASSERT_EQ(profile.devices.size(), 3U);
  EXPECT_EQ(profile.devices[0].id, "EXAMPLE ARRAY           ");
  EXPECT_EQ(profile.devices[1].id, "V       DISK_9          ");
  EXPECT_FALSE(profile.devices[1].is_prefix);
  EXPECT_EQ(profile.devices[2].id, "V       DISK_") << "not padded; the underscore is literal";
  EXPECT_TRUE(profile.devices[2].is_prefix);
  EXPECT_TRUE(dsm::entry_matches(profile.devices[2].id, "V       ", "DISK_77         "));
  EXPECT_FALSE(dsm::entry_matches(profile.devices[2].id, "V       ", "DISK 77         "));
  EXPECT_FALSE(dsm::entry_matches(profile.devices[1].id, "V       ", "DISK_99         "));
}

TEST(Devices, HaveAProductOrAPrefix) {
  EXPECT_THAT(mistakes_of(sample(device(""))),
              ElementsAre("12:1: [[device]] product: is missing; give product (all of it) or "
                          "product_prefix (how it begins)"));
  EXPECT_THAT(mistakes_of(sample(device("product = \"A\"\nproduct_prefix = \"A\"\n"))),
              ElementsAre("14:11: [[device]] product: stands beside product_prefix; give one of "
                          "them"));
}

TEST(Devices, HaveEightAndSixteenCharacters) {
  EXPECT_THAT(mistakes_of(sample_with_line(9, "vendor = \"NINECHARS\"")),
              ElementsAre("9:10: [[device]] vendor: has 9 characters; give 1 to 8"));
  EXPECT_THAT(mistakes_of(sample_with_line(10, "product = \"SEVENTEEN_LETTERS\"")),
              ElementsAre("10:11: [[device]] product: has 17 characters; give 1 to 16"));
  EXPECT_THAT(mistakes_of(sample_with_line(10, "product_prefix = \"SIXTEEN_LETTERS_\"")),
              ElementsAre("10:18: [[device]] product_prefix: has 16 characters; give 1 to 15"));
  EXPECT_THAT(mistakes_of(sample_with_line(9, "vendor = \"\"")),
              ElementsAre("9:10: [[device]] vendor: is empty; give 1 to 8 characters"));
  EXPECT_THAT(
      mistakes_of(sample_with_line(10, "product = \" ARRAY\"")),
      ElementsAre("10:11: [[device]] product: \" ARRAY\" begins with a blank; INQUIRY shows "
                  "identifications from the first character on"));
  EXPECT_EQ(mistakes_of(sample_with_line(10, "product = \"MSDSM disk\"")).size(), 1U);
  EXPECT_EQ(mistakes_of(sample("[[device]]\nvendor = \"SYSTMSDS\"\nproduct = \"M1\"\n")).size(),
            1U);
}

TEST(Devices, HaveOneEntryEachTheMoreExactOnesFirst) {
  EXPECT_THAT(mistakes_of(sample("[[device]]\nvendor = \"example\"\nproduct = \"array\"\n")),
              ElementsAre("14:11: [[device]] product: \"example array           \" is covered by "
                          "\"EXAMPLE ARRAY           \" before it, which decides; each device has "
                          "one entry, the more exact ones first"));
  EXPECT_EQ(mistakes_of(sample(device("product_prefix = \"DISK\"\n") +
                               device("product_prefix = \"DISK_\"\n")))
                .size(),
            1U);
  EXPECT_THAT(
      mistakes_of(sample(device("product_prefix = \"DISK_\"\n") +
                         device("product_prefix = \"DISK\"\n") + device("product = \"DIS\"\n"))),
      IsEmpty());
  EXPECT_THAT(
      mistakes_of(sample(device("product = \"DISK\"\n") + device("product_prefix = \"DISK\"\n"))),
      IsEmpty())
      << "a product, and the family that begins with all of its name";
}

TEST(Devices, AreNotTooMany) {
  std::string more;
  for (int i = 0; i < 128; ++i) {
    more += device("product = \"D" + std::to_string(1000 + i) + "\"\n");
  }
  const auto mistakes = mistakes_of(sample(more));
  ASSERT_EQ(mistakes.size(), 1U);
  EXPECT_EQ(mistakes[0],
            "395:11: [[device]] product: is one device more than 128, the most of a profile; use "
            "product_prefix for families");
}

TEST(Devices, HaveThePolicyOfTheProfileOrTheirOwn) {
  Profile profile = profile_of(
      sample(device("product = \"A\"\npolicy = \"least-blocks\"\n") +
             "[policy]\ndefault = \"fail-over-only\"\nleast_blocks_sequential = false\n"));
  dsm::Config config;
  apply(profile, config);
  EXPECT_EQ(config.default_policy, dsm::PolicyId::fail_over_only);
  ASSERT_EQ(config.device_policies.size(), 2U);
  EXPECT_EQ(config.device_policies[0].policy, dsm::PolicyId::fail_over_only);
  EXPECT_EQ(config.device_policies[1].device, "V       A               ");
  EXPECT_EQ(config.device_policies[1].policy, dsm::PolicyId::least_blocks);
  EXPECT_FALSE(config.least_blocks_cache);

  const Profile moved = std::move(profile);
  EXPECT_EQ(moved.device_policies[1].device, "V       A               ") << "short texts move too";
}

TEST(Policy, IsOneThatThereIs) {
  EXPECT_THAT(mistakes_of(sample("[policy]\ndefault = \"round_robin\"\n")),
              ElementsAre("13:11: [policy] default: there is no \"round_robin\"; did you mean "
                          "round-robin?"));
  EXPECT_THAT(
      mistakes_of(sample("[policy]\ndefault = \"fast\"\n")),
      ElementsAre("13:11: [policy] default: there is no \"fast\"; there are fail-over-only, "
                  "round-robin, round-robin-with-subset, least-queue-depth, weighted-paths, "
                  "least-blocks and least-service-time"));
  EXPECT_THAT(mistakes_of(sample("[policy]\nleast_blocks_sequential = false\n"
                                 "least_blocks_sequential_bytes = 4096\n")),
              ElementsAre("14:33: [policy] least_blocks_sequential_bytes: has no effect while "
                          "least_blocks_sequential is false; leave one of them out"));
}

TEST(Access, IsTakenByTheDsm) {
  const Profile profile =
      profile_of(sample("[access]\nextended_rtpg = false\nbelieved_alua = \"implicit\"\n"));
  dsm::Config config;
  apply(profile, config);
  EXPECT_FALSE(config.extended_rtpg);
  EXPECT_EQ(profile.believed_alua, dsm::AluaSupport::implicit_only);
  EXPECT_EQ(profile_of(sample()).believed_alua, dsm::AluaSupport::both);
  EXPECT_THAT(mistakes_of(sample("[access]\nextended_rtpg = \"no\"\n")),
              ElementsAre("13:17: [access] extended_rtpg: is a string; give true or false, without "
                          "quotes"));
  EXPECT_THAT(mistakes_of(sample("[access]\nextended_rtpg = true\nbelieved_alua = \"none\"\n")),
              ElementsAre("13:17: [access] extended_rtpg: has no effect where believed_alua is "
                          "none, for access states are not read then; leave it out"));
}

}  // namespace
}  // namespace profile::testing
