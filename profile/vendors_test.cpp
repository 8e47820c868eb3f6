// The examples in vendors/ are in order, and say what they are meant to say.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "profile/testing/sample.h"
#include "scsi/opcodes.h"

namespace profile::testing {
namespace {

Profile vendor(const std::string& name) {
  std::ifstream file(std::string(DSMKIT_SOURCE_DIR "/vendors/") + name + ".toml");
  EXPECT_TRUE(file) << name;
  std::ostringstream text;
  text << file.rdbuf();
  return profile_of(text.str());
}

const dsm::ErrorRow& decided(const Profile& profile, uint8_t key, uint8_t asc, uint8_t ascq) {
  return *dsm::find_row(profile.rows, {.status = scsi::kCheckCondition,
                                       .has_sense = true,
                                       .key = key,
                                       .asc = asc,
                                       .ascq = ascq,
                                       .is_rw = true})
              .row;
}

TEST(Vendors, SymmetricActiveActive) {
  const Profile profile = vendor("symmetric-active-active");
  EXPECT_EQ(profile.array.access, ArrayAccess::symmetric);
  EXPECT_EQ(profile.array.product, "TWIN_400");
  EXPECT_EQ(profile.number(Number::down_after_ms), 900U);
  EXPECT_STREQ(decided(profile, 2, 0x04, 0x81).name, "cobalt-controller-starting");
  EXPECT_STREQ(decided(profile, 2, 0x04, 0x0a).name, "access-transition") << "built in";
}

TEST(Vendors, Alua) {
  const Profile profile = vendor("alua");
  EXPECT_EQ(profile.array.access, ArrayAccess::alua);
  EXPECT_EQ(profile.array.transition_time_s, 10);
  EXPECT_EQ(decided(profile, 2, 0x04, 0x8a).follow_up, dsm::FollowUp::rtpg_other_group);
  EXPECT_TRUE(decided(profile, 4, 0x3e, 0x80).verdict.failover);
}

TEST(Vendors, ActivePassiveHasARuleForWhatItsArrayAnswers) {
  const Profile profile = vendor("active-passive");
  const ArrayModel& array = profile.array;
  EXPECT_EQ(array.access, ArrayAccess::active_passive);
  const dsm::ErrorRow& row =
      decided(profile, array.passive_key, array.passive_asc, array.passive_ascq);
  EXPECT_STREQ(row.name, "granite-passive");
  EXPECT_EQ(row.follow_up, dsm::FollowUp::start_unit);
  EXPECT_EQ(profile.policy, dsm::PolicyId::fail_over_only);
}

}  // namespace
}  // namespace profile::testing
