// [array]: what the embedded array is told to play.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "profile/testing/sample.h"
#include "scsi/sense.h"

namespace profile::testing {
namespace {

using ::testing::ElementsAre;

TEST(ArrayModel, IsSymmetricAndTheFirstDeviceUnlessSaidOtherwise) {
  const ArrayModel model = profile_of(sample()).array;
  EXPECT_EQ(model.access, ArrayAccess::symmetric);
  EXPECT_EQ(model.vendor, "EXAMPLE");
  EXPECT_EQ(model.product, "ARRAY");
  EXPECT_EQ(model.controllers, 2U);
}

TEST(ArrayModel, OfAlua) {
  const ArrayModel model = profile_of(sample("[array]\naccess = \"alua\"\nalua = \"explicit\"\n"
                                             "passive_state = \"standby\"\ncontrollers = 4\n"
                                             "transition_time_s = 0\n"))
                               .array;
  EXPECT_EQ(model.access, ArrayAccess::alua);
  EXPECT_EQ(model.alua, dsm::AluaSupport::explicit_only);
  EXPECT_EQ(model.passive_state, scsi::AccessState::standby);
  EXPECT_EQ(model.controllers, 4U);
  EXPECT_EQ(model.transition_time_s, 0);
}

TEST(ArrayModel, OfActivePassive) {
  const ArrayModel standard = profile_of(sample("[array]\naccess = \"active-passive\"\n")).array;
  EXPECT_EQ(standard.passive_key, scsi::kNotReady);
  EXPECT_EQ(standard.passive_asc, 0x04);
  EXPECT_EQ(standard.passive_ascq, 0x02);
  const ArrayModel own = profile_of(sample("[array]\naccess = \"active-passive\"\npassive_key = 5\n"
                                           "passive_asc = 0x94\npassive_ascq = 1\n"))
                             .array;
  EXPECT_EQ(own.passive_key, scsi::kIllegalRequest);
  EXPECT_EQ(own.passive_asc, 0x94);
  EXPECT_EQ(own.passive_ascq, 1);
}

TEST(ArrayModel, ShowsAProductOfTheProfile) {
  const std::string family = "[[device]]\nvendor = \"V\"\nproduct_prefix = \"FAM\"\n";
  const ArrayModel model =
      profile_of(sample(family + "[array]\naccess = \"symmetric\"\nproduct = \"FAM-7\"\n")).array;
  EXPECT_EQ(model.vendor, "V");
  EXPECT_EQ(model.product, "FAM-7");
  EXPECT_THAT(
      mistakes_of(sample(family + "[array]\naccess = \"symmetric\"\nproduct = \"OTHER\"\n")),
      ElementsAre("17:11: [array] product: \"OTHER\" is none of the profile's devices, so "
                  "the disk would refuse the array; give one that a [[device]] names"));
}

TEST(ArrayModel, SaysNothingThatHasNoEffect) {
  EXPECT_THAT(mistakes_of(sample("[array]\naccess = \"symmetric\"\nalua = \"both\"\n"
                                 "passive_asc = 4\n")),
              ElementsAre("14:8: [array] alua: goes with access = \"alua\" and has no effect here; "
                          "leave it out",
                          "15:15: [array] passive_asc: goes with access = \"active-passive\" and "
                          "has no effect here; leave it out"));
  EXPECT_THAT(mistakes_of(sample("[array]\naccess = \"alua\"\nalua = \"none\"\n")),
              ElementsAre("14:8: [array] alua: is none; that is access = \"symmetric\""));
  EXPECT_THAT(mistakes_of(sample("[array]\naccess = \"alua\"\ncontrollers = 33\n")),
              ElementsAre("14:15: [array] controllers: is 33; give 1 to 32"));
}

}  // namespace
}  // namespace profile::testing
