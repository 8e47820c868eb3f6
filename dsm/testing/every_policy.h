// Tests for every row of the policy table: INSTANTIATE_TEST_SUITE_P(Policies, Suite,
// every_policy(), policy_name).
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "dsm/policy.h"

namespace dsm::testing {

inline auto every_policy() {
  std::vector<PolicyId> ids;
  for (const Policy& policy : policies()) {
    ids.push_back(policy.id);
  }
  return ::testing::ValuesIn(ids);
}

inline std::string policy_name(const ::testing::TestParamInfo<PolicyId>& parameter) {
  std::string name = find_policy(parameter.param)->name;
  std::erase(name, '-');
  return name;
}

}  // namespace dsm::testing
