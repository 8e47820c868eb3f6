// What a LUN starts with.
#include <gtest/gtest.h>

#include "dsm/testing/test_host.h"

namespace dsm::testing {
namespace {

// The LUNs of TestHost are of the device "DSMKIT  TEST".
PolicyId first_policy_with(std::span<const DevicePolicy> rules) {
  TestHost host(PolicyId::least_blocks);
  host.config.device_policies = rules;
  host.path(1);
  return host.lun().policy;
}

TEST(FirstPolicy, IsThatOfTheFirstDeviceThatMatches) {
  EXPECT_EQ(first_policy_with({}), PolicyId::least_blocks) << "no rules: the default";
  const DevicePolicy rules[] = {{"OTHER", PolicyId::fail_over_only},
                                {"dsmkit", PolicyId::least_queue_depth},
                                {"DSMKIT", PolicyId::weighted_paths}};
  EXPECT_EQ(first_policy_with(rules), PolicyId::least_queue_depth);
  EXPECT_EQ(first_policy_with(std::span(rules).first(1)), PolicyId::least_blocks);
}

}  // namespace
}  // namespace dsm::testing
