// The plan by example: the rights of each policy, stand-ins, what is wanted of the array, and what
// is shown.
#include "dsm/plan.h"

#include <gtest/gtest.h>

#include <vector>

#include "dsm/testing/plan_case.h"

namespace dsm::testing {
namespace {

Plan planned(const PlanInput& input) {
  Plan out;
  plan(input, out);
  return out;
}

TEST(Plan, NothingAtAll) {
  const Plan none = planned(input_of({}, PolicyId::round_robin, AluaSupport::none));
  EXPECT_EQ(none.candidates, 0U);
  EXPECT_EQ(none.reason, PlanReason::no_path);
  EXPECT_EQ(none.effective[0], EffectiveState::absent);
}

TEST(Plan, AllThirtyTwoSlots) {
  const std::vector<SlotCase> slots(kMaxPathsPerLun);
  EXPECT_EQ(planned(input_of(slots, PolicyId::round_robin, AluaSupport::none)).candidates, ~0U);
  EXPECT_EQ(planned(input_of(slots, PolicyId::fail_over_only, AluaSupport::none)).candidates, 1U);
}

TEST(Plan, FailOverOnlyStaysWhereItIs) {
  PlanInput input = input_of({{}, {}, {}}, PolicyId::fail_over_only, AluaSupport::none);
  for (const uint32_t current : {1U, 2U, 4U}) {
    input.current = current;
    EXPECT_EQ(planned(input).candidates, current);
  }
}

// The order of rights: moved to, preferred, wanted active, present, preferred group, any.
TEST(Plan, FailOverOnlyRights) {
  PlanInput input = input_of({{}, {}, {}, {}, {}}, PolicyId::fail_over_only, AluaSupport::none);
  EXPECT_EQ(planned(input).candidates, base::bit(0));
  input.group_preferred = base::bit(4);
  EXPECT_EQ(planned(input).candidates, base::bit(4));
  input.current = base::bit(3);
  EXPECT_EQ(planned(input).candidates, base::bit(3));
  input.desires_optimized = base::bit(2) | base::bit(3);
  EXPECT_EQ(planned(input).candidates, base::bit(3)) << "of two that are wanted active it stays";
  input.desires_optimized = base::bit(2);
  EXPECT_EQ(planned(input).candidates, base::bit(2));
  input.preferred = 1;
  EXPECT_EQ(planned(input).candidates, base::bit(1));
  input.moved_to = 0;
  EXPECT_EQ(planned(input).candidates, base::bit(0));
  input.down = base::bit(0);
  EXPECT_EQ(planned(input).candidates, base::bit(1)) << "a right of a dead path is none";
  input.down = base::bit(0) | base::bit(1);
  EXPECT_EQ(planned(input).candidates, base::bit(2));
}

TEST(Plan, FailOverOnlyLeavesAnUnwillingPathForAWillingOne) {
  PlanInput input =
      input_of({{.desire = Desire::standby}, {}}, PolicyId::fail_over_only, AluaSupport::none);
  input.current = base::bit(0);
  EXPECT_EQ(planned(input).candidates, base::bit(1));
  input.current = 0;
  input.group_preferred = base::bit(0);
  EXPECT_EQ(planned(input).candidates, base::bit(1)) << "though the array would rather have it";
  input.down = base::bit(1);
  EXPECT_EQ(planned(input).candidates, base::bit(0)) << "unwilling is better than nothing";
}

TEST(Plan, SubsetUsesOneUnwillingPathOnlyWhenNoneIsWilling) {
  PlanInput input = input_of({{.desire = Desire::standby}, {.desire = Desire::standby}, {}, {}},
                             PolicyId::round_robin_subset, AluaSupport::none);
  EXPECT_EQ(planned(input).candidates, 0xcU);
  EXPECT_EQ(planned(input).effective[0], EffectiveState::standby);
  input.down = 0xc;
  EXPECT_EQ(base::count_bits(planned(input).candidates), 1U);
  input.current = 2;
  EXPECT_EQ(planned(input).candidates, 2U) << "and stays with it";
  input.group_preferred = 1;
  EXPECT_EQ(planned(input).candidates, 1U) << "unless the array would rather have the other";
  input.group_preferred = 3;
  EXPECT_EQ(planned(input).candidates, 2U) << "of two that it prefers it stays with one";
}

TEST(Plan, StandInsFromBestToWorst) {
  constexpr Access kOrder[] = {Access::optimized, Access::nonoptimized, Access::lba_dependent,
                               Access::standby,   Access::unavailable,  Access::transitioning,
                               Access::unknown};
  for (size_t better = 0; better < std::size(kOrder); ++better) {
    for (size_t worse = better + 1; worse < std::size(kOrder); ++worse) {
      const PlanInput input = input_of({{.access = kOrder[worse]}, {.access = kOrder[better]}},
                                       PolicyId::round_robin, AluaSupport::explicit_only);
      EXPECT_EQ(planned(input).candidates, 2U) << better << " " << worse;
    }
  }
}

// The order of rights: wanted active in a preferred group, wanted active, preferred group, present,
// any.
TEST(Plan, StandInRights) {
  const SlotCase lesser{.access = Access::nonoptimized};
  PlanInput input = input_of({lesser, lesser, lesser, lesser, lesser}, PolicyId::round_robin,
                             AluaSupport::explicit_only);
  EXPECT_EQ(planned(input).want_via, 0);
  input.current = base::bit(4);
  EXPECT_EQ(planned(input).want_via, 4);
  input.group_preferred = base::bit(3);
  EXPECT_EQ(planned(input).want_via, 3);
  input.desires_optimized = base::bit(1) | base::bit(2);
  EXPECT_EQ(planned(input).want_via, 1);
  input.group_preferred = base::bit(2) | base::bit(3);
  EXPECT_EQ(planned(input).want_via, 2);
}

TEST(Plan, APathThatIsSetAsideStandsInOnlyForWantOfAnother) {
  const SlotCase lesser{.access = Access::nonoptimized};
  const SlotCase set_aside{.access = Access::nonoptimized, .desire = Desire::standby};
  PlanInput input =
      input_of({set_aside, set_aside, lesser}, PolicyId::round_robin, AluaSupport::explicit_only);
  EXPECT_EQ(planned(input).want_via, 2);
  input.current = base::bit(1);
  EXPECT_EQ(planned(input).want_via, 2) << "though another is in use";
  input.current = 0;
  input.group_preferred = base::bit(1);
  EXPECT_EQ(planned(input).want_via, 2) << "though the array would rather have another";
  input.down = base::bit(2);
  EXPECT_EQ(planned(input).want_via, 1) << "now the array's wish counts";
  input.group_preferred = 0;
  input.current = base::bit(1);
  EXPECT_EQ(planned(input).want_via, 1) << "and it stays";
}

TEST(Plan, WhatIsWanted) {
  const auto want = [](Access access, AluaSupport support) {
    return planned(input_of({{.access = access}}, PolicyId::round_robin, support)).want;
  };
  using enum Access;
  for (const AluaSupport explicitly : {AluaSupport::explicit_only, AluaSupport::both}) {
    EXPECT_EQ(want(optimized, explicitly), Want::nothing);
    EXPECT_EQ(want(nonoptimized, explicitly), Want::stpg);
    EXPECT_EQ(want(lba_dependent, explicitly), Want::stpg);
    EXPECT_EQ(want(standby, explicitly), Want::stpg);
    EXPECT_EQ(want(unavailable, explicitly), Want::stpg);
    EXPECT_EQ(want(transitioning, explicitly), Want::rtpg) << "it is about to change";
    EXPECT_EQ(want(unknown, explicitly), Want::rtpg) << "look first";
    EXPECT_EQ(want(offline, explicitly), Want::nothing);
  }
  for (const Access access :
       {nonoptimized, lba_dependent, standby, unavailable, transitioning, unknown}) {
    EXPECT_EQ(want(access, AluaSupport::implicit_only), Want::rtpg);
  }
}

TEST(Plan, AnOptimizedPathThatIsSoonThereIsWaitedFor) {
  for (const Life life : {Life::arriving, Life::online_suspect}) {
    PlanInput input = input_of({{.access = Access::nonoptimized}, {.life = life}},
                               PolicyId::round_robin, AluaSupport::explicit_only);
    EXPECT_EQ(planned(input).want, Want::nothing);
    EXPECT_EQ(planned(input).candidates, 1U);
    EXPECT_EQ(planned(input).reason, PlanReason::stand_in);
    input = input_of({{.access = Access::standby}, {.life = life}}, PolicyId::round_robin,
                     AluaSupport::explicit_only);
    EXPECT_EQ(planned(input).want, life == Life::arriving ? Want::stpg : Want::nothing)
        << "but not where nothing serves meanwhile";
  }
}

TEST(Plan, AnOptimizedPathThatArrivesDeadIsNotWaitedFor) {
  PlanInput input = input_of({{.access = Access::nonoptimized}, {.life = Life::arriving}},
                             PolicyId::round_robin, AluaSupport::explicit_only);
  input.down = base::bit(1);
  EXPECT_EQ(planned(input).want, Want::stpg);
  EXPECT_EQ(planned(input).want_via, 0);
}

TEST(Plan, ASuspectThatServesGoesBeforeASoundPathThatDoesNot) {
  const PlanInput input = input_of({{.life = Life::online_suspect}, {.access = Access::standby}},
                                   PolicyId::round_robin, AluaSupport::explicit_only);
  EXPECT_EQ(planned(input).candidates, 1U);
  EXPECT_EQ(planned(input).reason, PlanReason::suspects_only);
}

TEST(Plan, AmongPathsThatDoNotServeTheSoundOneStandsIn) {
  const PlanInput input = input_of(
      {{.life = Life::online_suspect, .access = Access::standby}, {.access = Access::unavailable}},
      PolicyId::round_robin, AluaSupport::explicit_only);
  EXPECT_EQ(planned(input).candidates, 2U);
  EXPECT_EQ(planned(input).want_via, 1);
}

struct ClaimCase {
  const char* what;
  PolicyId policy;
  Access access;
  bool preferred;
  bool moved_to;
  bool group_preferred;
  Desire desire;
  bool claims;
};

// Slot 0 is optimized and serves; slot 1 has just been activated.
TEST(Plan, WhoMayClaimAnActivation) {
  using enum Access;
  constexpr PolicyId kFoo = PolicyId::fail_over_only;
  constexpr PolicyId kSubset = PolicyId::round_robin_subset;
  constexpr PolicyId kLqd = PolicyId::least_queue_depth;
  constexpr Desire kNone = Desire::undetermined;
  constexpr Desire kActive = Desire::active_optimized;
  constexpr ClaimCase kCases[] = {
      {"just there", kFoo, nonoptimized, false, false, false, kNone, false},
      {"preferred path", kFoo, nonoptimized, true, false, false, kNone, true},
      {"preferred path, LBA dependent", kFoo, lba_dependent, true, false, false, kNone, true},
      {"preferred path on standby", kFoo, standby, true, false, false, kNone, true},
      {"preferred path that is unavailable", kFoo, unavailable, true, false, false, kNone, true},
      {"preferred path in transition", kFoo, transitioning, true, false, false, kNone, false},
      {"preferred path offline", kFoo, offline, true, false, false, kNone, false},
      {"preferred path, optimized already", kFoo, optimized, true, false, false, kNone, false},
      {"preferred path, another policy", kSubset, nonoptimized, true, false, false, kNone, false},
      {"moved to", kFoo, nonoptimized, false, true, false, kNone, true},
      {"wanted active", kFoo, nonoptimized, false, false, false, kActive, true},
      {"wanted active in a subset", kSubset, standby, false, false, false, kActive, true},
      {"wanted active, a policy without", kLqd, standby, false, false, false, kActive, false},
      {"preferred group", kLqd, nonoptimized, false, false, true, kNone, true},
      {"preferred group, set aside", kSubset, standby, false, false, true, Desire::standby, false},
  };
  for (const ClaimCase& row : kCases) {
    PlanInput input = input_of({{}, {.access = row.access, .desire = row.desire}}, row.policy,
                               AluaSupport::explicit_only);
    input.claimant = 1;
    input.preferred = row.preferred ? Slot{1} : kNoSlot;
    input.moved_to = row.moved_to ? Slot{1} : kNoSlot;
    input.group_preferred = row.group_preferred ? 2U : 0U;
    const Plan out = planned(input);
    EXPECT_EQ(out.want == Want::stpg, row.claims) << row.what;
    EXPECT_EQ(out.want_via, row.claims ? 1 : kNoSlot) << row.what;
    EXPECT_EQ(out.candidates & 1U, row.access == optimized && row.preferred ? 0U : 1U) << row.what;
  }
}

TEST(Plan, AnImplicitArrayIsNotAskedForWhatOnlyItCanChange) {
  PlanInput input = input_of({{}, {.access = Access::nonoptimized}}, PolicyId::fail_over_only,
                             AluaSupport::implicit_only);
  input.claimant = input.preferred = 1;
  EXPECT_EQ(planned(input).want, Want::nothing);
  EXPECT_FALSE(planned(input).claimed);
}

TEST(Plan, ASuspectClaimsNothing) {
  PlanInput input = input_of({{}, {.life = Life::online_suspect, .access = Access::nonoptimized}},
                             PolicyId::fail_over_only, AluaSupport::explicit_only);
  input.claimant = input.preferred = 1;
  EXPECT_EQ(planned(input).want, Want::nothing);
  EXPECT_FALSE(planned(input).claimed);
}

TEST(Plan, AMaskedOptimizedPathIsShownAsTheAdministratorWantsIt) {
  const auto shown = [](Desire desire) {
    PlanInput input =
        input_of({{}, {.desire = desire}}, PolicyId::fail_over_only, AluaSupport::explicit_only);
    input.current = 1;
    return planned(input).effective[1];
  };
  EXPECT_EQ(shown(Desire::undetermined), EffectiveState::active_nonoptimized);
  EXPECT_EQ(shown(Desire::standby), EffectiveState::standby);
  EXPECT_EQ(shown(Desire::unavailable), EffectiveState::unavailable);
}

TEST(Plan, EffectiveStates) {
  PlanInput input = input_of({{.life = Life::arriving},
                              {.life = Life::online_down},
                              {.registered = false},
                              {.access = Access::offline},
                              {.access = Access::transitioning},
                              {.access = Access::unknown},
                              {}},
                             PolicyId::round_robin, AluaSupport::explicit_only);
  input.reservation_valid = true;
  input.present |= base::bit(7);  // neither arriving nor online
  const Plan out = planned(input);
  EXPECT_EQ(out.effective[0], EffectiveState::arriving);
  EXPECT_EQ(out.effective[1], EffectiveState::failed);
  EXPECT_EQ(out.effective[2], EffectiveState::unregistered);
  EXPECT_EQ(out.effective[3], EffectiveState::offline);
  EXPECT_EQ(out.effective[4], EffectiveState::transitioning);
  EXPECT_EQ(out.effective[5], EffectiveState::unknown);
  EXPECT_EQ(out.effective[6], EffectiveState::active_optimized);
  EXPECT_EQ(out.effective[7], EffectiveState::removing);
  EXPECT_EQ(out.effective[8], EffectiveState::absent);
}

TEST(Plan, Symmetry) {
  EXPECT_TRUE(is_symmetric(AluaSupport::none, 0, 0));
  EXPECT_FALSE(is_symmetric(AluaSupport::implicit_only, 0, 0)) << "before the first RTPG";
  EXPECT_TRUE(is_symmetric(AluaSupport::implicit_only, 2, 0));
  EXPECT_FALSE(is_symmetric(AluaSupport::implicit_only, 2, 1));
  EXPECT_FALSE(is_symmetric(AluaSupport::explicit_only, 2, 0));
  EXPECT_FALSE(is_symmetric(AluaSupport::both, 2, 0));
}

TEST(Policies, AreFoundByNumberAndName) {
  for (const Policy& policy : policies()) {
    EXPECT_EQ(find_policy(policy.id), &policy);
    EXPECT_EQ(find_policy(std::string_view(policy.name)), &policy);
    EXPECT_NE(find_policy(policy.on_asymmetric), nullptr);
    EXPECT_EQ(find_policy(policy.on_asymmetric)->on_asymmetric, policy.on_asymmetric);
  }
  EXPECT_EQ(find_policy(PolicyId::none), nullptr);
  for (const std::string_view no : {"", "round-robi", "round-robin-", "Round-robin"}) {
    EXPECT_EQ(find_policy(no), nullptr) << no;
  }
}

}  // namespace
}  // namespace dsm::testing
