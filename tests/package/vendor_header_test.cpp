// What is compiled into a vendor's Windows driver gives the DSM what his profile gives it on Linux.
// VENDOR_PROFILE is the profile, VENDOR_HEADER the header that was made of it.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "profile/parse.h"
#include "profile/profile.h"
#include VENDOR_HEADER

namespace {

class VendorHeader : public testing::Test {
 protected:
  VendorHeader() {
    std::ostringstream text;
    text << std::ifstream(VENDOR_PROFILE).rdbuf();
    parsed_ = profile::parse_profile(text.str(), VENDOR_PROFILE);
    profile::apply(*parsed_.profile, expected_);
    driver::vendor::configure(config_);
  }

  profile::Parsed parsed_;
  dsm::Config expected_;
  dsm::Config config_;
};

TEST_F(VendorHeader, HasTheNumbers) {
  for (const profile::DsmField& field : profile::dsm_fields()) {
    EXPECT_EQ(config_.*field.field, expected_.*field.field) << field.name;
  }
  EXPECT_EQ(config_.default_policy, expected_.default_policy);
  EXPECT_EQ(config_.least_blocks_cache, expected_.least_blocks_cache);
  EXPECT_EQ(config_.extended_rtpg, expected_.extended_rtpg);
  EXPECT_EQ(driver::vendor::kBelievedAlua, parsed_.profile->believed_alua);
  EXPECT_EQ(driver::vendor::kPathErrorHoldMs,
            parsed_.profile->number(profile::Number::path_error_hold_ms));
}

TEST_F(VendorHeader, HasTheDevices) {
  ASSERT_EQ(config_.device_policies.size(), expected_.device_policies.size());
  for (size_t i = 0; i < config_.device_policies.size(); ++i) {
    EXPECT_EQ(config_.device_policies[i].device, expected_.device_policies[i].device);
    EXPECT_EQ(config_.device_policies[i].policy, expected_.device_policies[i].policy);
  }
}

TEST_F(VendorHeader, HasTheRules) {
  ASSERT_EQ(config_.vendor_rows.size(), expected_.vendor_rows.size());
  for (size_t i = 0; i < config_.vendor_rows.size(); ++i) {
    const dsm::ErrorRow& is = config_.vendor_rows[i];
    const dsm::ErrorRow& wanted = expected_.vendor_rows[i];
    SCOPED_TRACE(wanted.name);
    EXPECT_STREQ(is.name, wanted.name);
    EXPECT_STREQ(is.explain, wanted.explain);
    EXPECT_EQ(is.needs_sense, wanted.needs_sense);
    EXPECT_EQ(is.deferred, wanted.deferred);
    EXPECT_EQ(is.key, wanted.key);
    EXPECT_EQ(is.asc, wanted.asc);
    EXPECT_EQ(is.ascq, wanted.ascq);
    EXPECT_EQ(is.outcomes, wanted.outcomes);
    EXPECT_EQ(is.status, wanted.status);
    EXPECT_EQ(is.condition, wanted.condition);
    EXPECT_EQ(is.follow_up, wanted.follow_up);
    EXPECT_EQ(is.against_path, wanted.against_path);
    EXPECT_EQ(is.verdict.retry, wanted.verdict.retry);
    EXPECT_EQ(is.verdict.target, wanted.verdict.target);
    EXPECT_EQ(is.verdict.free, wanted.verdict.free);
    EXPECT_EQ(is.verdict.interval, wanted.verdict.interval);
    EXPECT_EQ(is.verdict.interval_ms, wanted.verdict.interval_ms);
    EXPECT_EQ(is.verdict.failover, wanted.verdict.failover);
    EXPECT_EQ(is.verdict.give_back, wanted.verdict.give_back);
    EXPECT_EQ(is.verdict.advice, wanted.verdict.advice);
  }
}

}  // namespace
