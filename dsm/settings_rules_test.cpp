// The rules of SetLoadBalancePolicy, by number, as the Windows driver's users know them. Rules that
// cannot be broken here say why:
//   2, 4  buffers that are too small: settings come as a typed value; the WMI adapter checks bytes.
//   3     policy 0 clears: see ClearingFallsBackToTheNextLevel in settings_test.cpp.
//   5     versions: likewise the adapter's.
//   11    two preferred paths: PolicySettings has room for one. One where the policy has none is
//         refused instead of ignored, for it would be lost.
//   16    the STPG names one group, the claimant's, and goes down the carrier that the access
//   engine
//         chooses; the lock is held throughout, and roll-back is part of the operation
//         (SetPolicy.* in operations_test.cpp).
//   17    desires and weights are taken as they are given; storing them is the host's affair,
//   before
//         it starts the operation.
#include <gtest/gtest.h>

#include "dsm/testing/scenario.h"

namespace dsm::testing {
namespace {

using base::Code;
using scsi::AccessState;
using enum Desire;
using enum PolicyId;

constexpr PolicyId kWithoutDesires[] = {round_robin, least_queue_depth, weighted_paths,
                                        least_blocks, least_service_time};

Code set(OperationHost& host, PolicyId policy, std::vector<Desire> desires) {
  std::vector<PathSetting> paths;
  for (const Desire desire : desires) {
    paths.push_back({.nexus = static_cast<NexusId>(paths.size() + 1), .desire = desire});
  }
  const OperationId id = host.set_policy({.policy = policy, .paths = paths});
  host.answer_all();
  return host.code(id);
}

// P1 in group 1 (active/optimized), P2 in group 2 (`passive`), implicit ALUA.
struct ImplicitPair : OperationHost {
  explicit ImplicitPair(AccessState passive = AccessState::active_nonoptimized)
      : OperationHost(least_queue_depth) {
    groups = {{1, AccessState::active_optimized}, {2, passive}};
    path(1, implicit_in(1));
    path(2, implicit_in(2));
  }
};

TEST(SetPolicyRule, R01_ALunWithoutAPathIsRefused) {
  SymmetricPaths host(round_robin, 1);
  Token token = host.begin();
  host.on(event::of_nexus(EventKind::nexus_removed, host.now, 1));
  EXPECT_EQ(host.code(host.set_policy({.policy = least_blocks})), Code::not_found);
  host.complete(token);
}

TEST(SetPolicyRule, R06_OnlyPoliciesOfTheTable) {
  SymmetricPaths host(round_robin, 1);
  for (const unsigned number : {0U, 8U, 99U, 255U}) {
    EXPECT_EQ(host.code(host.set_policy({.policy = static_cast<PolicyId>(number)})),
              Code::invalid_argument);
  }
  for (const Policy& policy : policies()) {
    EXPECT_EQ(host.code(host.set_policy({.policy = policy.id})), Code::ok) << policy.name;
  }
}

TEST(SetPolicyRule, R07_APartialListIsRefused) {
  SymmetricPaths host(round_robin, 3);
  EXPECT_EQ(set(host, least_blocks, {undetermined, undetermined}), Code::invalid_argument);
}

TEST(SetPolicyRule, R08_APathStandsOnceInTheList) {
  SymmetricPaths host(round_robin, 2);
  const PathSetting twice[] = {{.nexus = 1}, {.nexus = 2}, {.nexus = 1}};
  EXPECT_EQ(host.code(host.set_policy({.policy = least_blocks, .paths = twice})),
            Code::invalid_argument);
}

TEST(SetPolicyRule, R09_AStrangerInTheListIsRefusedEvenIfAllOthersAreThere) {
  SymmetricPaths host(round_robin, 2);
  const PathSetting paths[] = {{.nexus = 1}, {.nexus = 2}, {.nexus = 3}};
  EXPECT_EQ(host.code(host.set_policy({.policy = least_blocks, .paths = paths})), Code::not_found);
}

// What a query shows can be set again, whatever has failed in between.
TEST(SetPolicyRule, R09_SettingsCanBeReadAndSetWhilePathsAreDown) {
  SymmetricPaths host(round_robin, 3);
  ASSERT_EQ(set(host, fail_over_only, {active_optimized, standby, standby}), Code::ok);
  for (const PathId down : {1U, 3U}) {
    host.fail_path(down);
    EXPECT_EQ(set(host, fail_over_only, {active_optimized, standby, standby}), Code::ok);
  }
  EXPECT_EQ(set(host, fail_over_only, {standby, standby, active_optimized}), Code::ok);
  host.activate(3);
  EXPECT_EQ(host.states(), "FAILED SB AO")
      << "what was set for a failed path holds when it is back";
  host.fail_path(2);
  host.fail_path(3);
  EXPECT_EQ(set(host, weighted_paths, {undetermined, undetermined, undetermined}), Code::ok);
}

TEST(SetPolicyRule, R10_RoundRobinIsNotForAsymmetricLuns) {
  for (const Desire desire : {undetermined, active_optimized}) {
    ExplicitPair host(least_blocks);
    EXPECT_EQ(set(host, round_robin, {desire, undetermined}), Code::unsupported);
    EXPECT_EQ(set(host, round_robin_subset, {desire, undetermined}), Code::ok);
  }
}

// A LUN that was symmetric when it was told so, and a weight that is changed since.
TEST(SetPolicyRule, R10_TwelveAndFifteenDoNotLookAtWhatIsSoAlready) {
  OperationHost restored;
  restored.settings_of = [](NexusId) {
    return ArrivalSettings{.policy = round_robin, .origin = SettingsOrigin::lun};
  };
  restored.groups = {{1, AccessState::active_optimized}, {2, AccessState::active_nonoptimized}};
  restored.path(1, explicit_in(1));
  restored.path(2, explicit_in(2));
  EXPECT_EQ(restored.lun().plan.policy->id, round_robin_subset);
  const PathSetting weights[] = {{.nexus = 1, .weight = 7}, {.nexus = 2}};
  EXPECT_EQ(restored.code(restored.set_policy({.policy = round_robin, .paths = weights})),
            Code::ok);
  EXPECT_EQ(restored.module->find_nexus(1)->weight, 7U);

  OperationHost aside;
  aside.settings_of = [](NexusId) {
    return ArrivalSettings{
        .policy = round_robin_subset, .origin = SettingsOrigin::lun, .desire = Desire::standby};
  };
  aside.path(1);
  const PathSetting weight[] = {{.nexus = 1, .desire = standby, .weight = 7}};
  EXPECT_EQ(aside.code(aside.set_policy({.policy = round_robin_subset, .paths = weight})), Code::ok)
      << "the others are not there now";
  EXPECT_EQ(aside.code(aside.set_policy({.policy = fail_over_only, .paths = weight})),
            Code::invalid_argument);
}

TEST(SetPolicyRule, R12_WhatAnImplicitArrayHasChangedSinceMayStay) {
  ImplicitPair host;
  ASSERT_EQ(set(host, fail_over_only, {active_optimized, undetermined}), Code::ok);
  host.groups = {{1, AccessState::active_nonoptimized}, {2, AccessState::active_optimized}};
  host.sense(1, 0x06, 0x2a, 0x06);
  host.answer_all();
  EXPECT_EQ(set(host, fail_over_only, {active_optimized, undetermined}), Code::ok);
  EXPECT_EQ(set(host, least_blocks, {active_optimized, undetermined}), Code::unsupported);
}

TEST(SetPolicyRule, R11_OnlyFailOverOnlyHasAPreferredPath) {
  SymmetricPaths host(round_robin, 2);
  for (const Policy& policy : policies()) {
    EXPECT_EQ(host.code(host.set_policy({.policy = policy.id, .preferred = 2})) == Code::ok,
              policy.id == fail_over_only)
        << policy.name;
  }
}

TEST(SetPolicyRule, R12_AnImplicitArrayCannotBeToldToActivateAPath) {
  for (const Policy& policy : policies()) {
    if (policy.id == round_robin) {
      continue;
    }
    ImplicitPair host;
    EXPECT_EQ(set(host, policy.id, {undetermined, active_optimized}), Code::unsupported)
        << policy.name;
    EXPECT_EQ(set(host, policy.id, {active_optimized, undetermined}), Code::ok) << policy.name;
    host.fail_path(2);
    EXPECT_EQ(set(host, policy.id, {undetermined, active_optimized}), Code::ok)
        << "failed paths are not looked at: " << policy.name;
  }
  ExplicitPair host;
  EXPECT_EQ(set(host, fail_over_only, {undetermined, active_optimized}), Code::ok)
      << "an explicit one can";
  SymmetricPaths symmetric(round_robin, 2);
  EXPECT_EQ(set(symmetric, least_blocks, {active_optimized, active_optimized}), Code::ok);
}

TEST(SetPolicyRule, R12_FailOverOnlyHasOneActivePath) {
  SymmetricPaths host(round_robin, 3);
  EXPECT_EQ(set(host, fail_over_only, {active_optimized, undetermined, active_optimized}),
            Code::invalid_argument);
  EXPECT_EQ(set(host, round_robin_subset, {active_optimized, undetermined, active_optimized}),
            Code::ok);
}

TEST(SetPolicyRule, R13_AnActivePathIsNotMadeALesserOneByPoliciesThatUseAll) {
  for (const PolicyId policy : kWithoutDesires) {
    if (policy != round_robin) {
      ImplicitPair host;
      EXPECT_EQ(set(host, policy, {active_nonoptimized, undetermined}), Code::invalid_argument);
      EXPECT_EQ(set(host, policy, {undetermined, active_nonoptimized}), Code::ok);
    }
    SymmetricPaths host(round_robin, 2);
    EXPECT_EQ(set(host, policy, {active_nonoptimized, undetermined}), Code::ok) << "no group";
  }
  ImplicitPair host;
  EXPECT_EQ(set(host, round_robin_subset, {active_nonoptimized, undetermined}), Code::ok);
}

TEST(SetPolicyRule, R14_WhoMaySetAPathAside) {
  for (const PolicyId policy : kWithoutDesires) {
    for (const Desire aside : {standby, unavailable}) {
      SymmetricPaths symmetric(round_robin, 2);
      EXPECT_EQ(set(symmetric, policy, {undetermined, aside}), Code::invalid_argument);
      if (policy == round_robin) {
        continue;
      }
      const AccessState same = aside == standby ? AccessState::standby : AccessState::unavailable;
      const AccessState other = aside == standby ? AccessState::unavailable : AccessState::standby;
      ImplicitPair in_that_state(same);
      EXPECT_EQ(set(in_that_state, policy, {undetermined, aside}), Code::ok);
      ImplicitPair in_another(other);
      EXPECT_EQ(set(in_another, policy, {undetermined, aside}), Code::invalid_argument);
    }
  }
}

TEST(SetPolicyRule, R14_RoundRobinWithSubsetSetsAsideWhatIsActive) {
  SymmetricPaths symmetric(round_robin, 2);
  EXPECT_EQ(set(symmetric, round_robin_subset, {undetermined, standby}), Code::ok);
  ImplicitPair pair;
  EXPECT_EQ(set(pair, round_robin_subset, {undetermined, standby}), Code::invalid_argument)
      << "active/non-optimized";
  EXPECT_EQ(set(pair, fail_over_only, {undetermined, standby}), Code::ok);
  pair.path(3, implicit_in(1));
  EXPECT_EQ(set(pair, round_robin_subset, {undetermined, undetermined, standby}), Code::ok);
  ImplicitPair standing_by(AccessState::standby);
  EXPECT_EQ(set(standing_by, round_robin_subset, {undetermined, standby}), Code::ok);
}

TEST(SetPolicyRule, R15_OnePathMustBeLeftThatMayBeActive) {
  for (const PolicyId policy : {fail_over_only, round_robin_subset}) {
    SymmetricPaths host(round_robin, 2);
    EXPECT_EQ(set(host, policy, {standby, unavailable}), Code::invalid_argument);
    ImplicitPair asymmetric;
    EXPECT_EQ(set(asymmetric, policy, {standby, active_nonoptimized}), Code::invalid_argument);
  }
  ImplicitPair host;
  host.groups[1] = AccessState::active_nonoptimized;
  host.sense(1, 0x06, 0x2a, 0x06);
  host.answer_all();
  EXPECT_EQ(set(host, fail_over_only, {standby, active_nonoptimized}), Code::ok)
      << "nothing is active/optimized, so nothing can be left";
}

}  // namespace
}  // namespace dsm::testing
