// The plan as truth tables: an exhaustive enumeration of three slots against the rules that must
// always hold, and the tables of each policy by example.
#include "dsm/plan.h"

#include <gtest/gtest.h>

#include <sstream>
#include <vector>

#include "base/bits.h"
#include "dsm/policy.h"

namespace dsm {
namespace {

// What one slot of the enumeration is like.
enum class Life { absent, arriving, online, online_down, online_suspect };
enum class Access {
  optimized,
  nonoptimized,
  standby,
  unavailable,
  offline,
  transitioning,
  unknown
};

constexpr Access kAccess[] = {Access::optimized,   Access::nonoptimized, Access::standby,
                              Access::unavailable, Access::offline,      Access::transitioning,
                              Access::unknown};
constexpr Desire kDesires[] = {Desire::undetermined, Desire::active_optimized, Desire::standby};

struct SlotCase {
  Life life = Life::online;
  Access access = Access::optimized;
  bool registered = true;
  Desire desire = Desire::undetermined;
};

void set(PlanInput& input, unsigned slot, const SlotCase& what) {
  const uint32_t bit = base::bit(slot);
  if (what.life == Life::absent) {
    return;
  }
  input.present |= bit;
  (what.life == Life::arriving ? input.arriving : input.online) |= bit;
  input.down |= what.life == Life::online_down ? bit : 0;
  input.suspect |= what.life == Life::online_suspect ? bit : 0;
  input.registered |= what.registered ? bit : 0;
  uint32_t PlanInput::*const access[] = {&PlanInput::optimized,     &PlanInput::nonoptimized,
                                         &PlanInput::standby,       &PlanInput::unavailable,
                                         &PlanInput::offline,       &PlanInput::transitioning,
                                         &PlanInput::access_unknown};
  input.*access[static_cast<unsigned>(what.access)] |= bit;
  uint32_t PlanInput::*const desire[] = {
      nullptr, &PlanInput::desires_optimized, &PlanInput::desires_nonoptimized,
      &PlanInput::desires_standby, &PlanInput::desires_unavailable};
  if (what.desire != Desire::undetermined) {
    input.*desire[static_cast<unsigned>(what.desire)] |= bit;
  }
  input.group[slot] = static_cast<uint16_t>(slot + 1);
}

PlanInput input_of(const std::vector<SlotCase>& slots, PolicyId policy, AluaSupport support) {
  PlanInput input;
  input.policy = find_policy(policy);
  input.support = support;
  input.symmetric = support == AluaSupport::none;
  for (unsigned slot = 0; slot < slots.size(); ++slot) {
    set(input, slot, slots[slot]);
  }
  return input;
}

std::string describe(const PlanInput& input, const Plan& plan) {
  std::ostringstream text;
  text << std::hex << input.policy->name << " symmetric " << input.symmetric << " reservation "
       << input.reservation_valid << " online " << input.online << " arriving " << input.arriving
       << " down " << input.down << " suspect " << input.suspect << " registered "
       << input.registered << " AO " << input.optimized << " AU " << input.nonoptimized << " SB "
       << input.standby << " UA " << input.unavailable << " OF " << input.offline << " TR "
       << input.transitioning << " ?? " << input.access_unknown << " desire AO "
       << input.desires_optimized << " SB " << input.desires_standby << " current " << input.current
       << " claimant " << unsigned{input.claimant} << " -> " << plan.candidates << " "
       << name_of(plan.reason) << " wants " << name_of(plan.want) << " via "
       << unsigned{plan.want_via};
  return text.str();
}

// Known to take I/O. A path of unknown state may, and is tried last.
uint32_t serving(const PlanInput& input) {
  return input.symmetric ? ~0U : input.optimized | input.nonoptimized | input.lba_dependent;
}
uint32_t may_serve(const PlanInput& input) {
  return serving(input) | input.access_unknown;
}

// The rules, written down a second time and without looking at how plan() does it.
bool keeps_the_rules(const PlanInput& input, const Plan& plan) {
  const uint32_t eligible = input.online & ~input.down &
                            (input.reservation_valid ? input.registered : ~0U) &
                            (input.symmetric ? ~0U : ~input.offline);
  const uint32_t usable = plan.candidates;
  bool good = true;
  const auto rule = [&](bool holds, const char* what) {
    if (!holds) {
      ADD_FAILURE() << what << ": " << describe(input, plan);
      good = false;
    }
  };
  rule((usable & ~eligible) == 0, "candidates are eligible, registered and never offline");
  rule((usable != 0) == (eligible != 0), "somebody carries I/O when anybody may");
  rule((usable & input.suspect) == 0 || (eligible & ~input.suspect & serving(input)) == 0,
       "suspects only when nothing sound takes I/O");
  rule(plan.policy->id != PolicyId::fail_over_only || base::count_bits(usable) <= 1,
       "fail over only uses one path");
  rule(plan.cannot_serve_yet == (usable != 0 && (usable & may_serve(input)) == 0),
       "cannot_serve_yet says what the candidates are");
  rule(!plan.cannot_serve_yet || (eligible & serving(input)) == 0,
       "nobody who takes I/O is passed over");
  rule(!plan.cannot_serve_yet || base::count_bits(usable) == 1, "one stand-in, not many");
  if (!input.symmetric) {
    const uint32_t sound = eligible & ~input.suspect;
    rule((sound & input.optimized) == 0 || (usable & ~input.optimized) == 0,
         "an optimized path goes before all others");
    rule(plan.policy->id == PolicyId::fail_over_only ||
             plan.policy->on_asymmetric == plan.policy->id,
         "the effective policy is one for asymmetric LUNs");
  }

  const bool has_optimized = (usable & input.optimized) != 0;
  const bool wants = plan.want != Want::nothing;
  rule(!wants || !input.symmetric, "a symmetric LUN wants nothing of its array");
  rule(!wants || !has_optimized || plan.want_via == input.claimant,
       "no wish while an optimized path serves, but for a claimant");
  rule(!wants || (!input.tpg_command_pending && input.may_activate), "one wish at a time, paced");
  rule(!wants || (plan.want_via < kMaxPathsPerLun && (eligible & base::bit(plan.want_via)) != 0),
       "a wish goes down an eligible path");
  rule(plan.want != Want::stpg || supports_explicit(input.support), "STPG only where it is known");
  rule(plan.want != Want::stpg ||
           (base::bit(plan.want_via) &
            (input.optimized | input.transitioning | input.access_unknown)) == 0,
       "nobody is asked to become what he is, or is becoming, or may be");
  rule(plan.want != Want::stpg || plan.want_group == input.group[plan.want_via],
       "the group of the path that asks");
  const bool stuck = !input.symmetric && usable != 0 && (usable & may_serve(input)) == 0;
  rule(!stuck || wants || input.tpg_command_pending || !input.may_activate,
       "where nothing takes I/O something is done about it");

  rule((plan.reason == PlanReason::no_path) == (input.online == 0), "no path");
  rule((plan.reason == PlanReason::nothing_usable) == (input.online != 0 && usable == 0),
       "nothing usable");
  rule(
      (plan.reason == PlanReason::suspects_only) == (usable != 0 && (usable & ~input.suspect) == 0),
      "suspects only");
  rule(plan.reason != PlanReason::optimal || input.symmetric || has_optimized, "optimal");
  base::for_each_bit(usable, [&](unsigned slot) {
    rule(plan.effective[slot] == EffectiveState::active_optimized ||
             (!input.symmetric && (input.optimized & base::bit(slot)) == 0),
         "who is used and can be active/optimized is shown so");
  });
  return good;
}

class Exhaustive : public ::testing::TestWithParam<PolicyId> {};

// Every life, access state, registration and desire of three slots. Desires and registration are
// looked at by few rules, so two passes: access x life with two desires, and access x desire x
// registration of online slots.
TEST_P(Exhaustive, AsymmetricLivesAndStates) {
  std::vector<SlotCase> all;
  for (const Life life :
       {Life::absent, Life::arriving, Life::online, Life::online_down, Life::online_suspect}) {
    for (const Access access : kAccess) {
      if (life == Life::absent && access != Access::optimized) {
        continue;
      }
      for (const Desire desire : {Desire::undetermined, Desire::standby}) {
        all.push_back({.life = life, .access = access, .desire = desire});
      }
    }
  }
  Plan out;
  for (const SlotCase& a : all) {
    for (const SlotCase& b : all) {
      for (const SlotCase& c : all) {
        PlanInput input = input_of({a, b, c}, GetParam(), AluaSupport::explicit_only);
        plan(input, out);
        ASSERT_TRUE(keeps_the_rules(input, out));
      }
    }
  }
}

TEST_P(Exhaustive, AsymmetricDesiresAndRegistrations) {
  std::vector<SlotCase> all;
  for (const Access access : kAccess) {
    for (const bool registered : {false, true}) {
      for (const Desire desire : kDesires) {
        all.push_back({.access = access, .registered = registered, .desire = desire});
      }
    }
  }
  Plan out;
  for (const SlotCase& a : all) {
    for (const SlotCase& b : all) {
      for (const SlotCase& c : all) {
        for (const uint32_t extra : {0U, 1U, 2U, 3U}) {
          PlanInput input = input_of({a, b, c}, GetParam(), AluaSupport::explicit_only);
          input.reservation_valid = true;
          input.claimant = extra == 0 ? kNoSlot : Slot{1};
          input.preferred = extra == 2 ? Slot{1} : kNoSlot;
          input.group_preferred = extra == 3 ? 2U : 0U;
          plan(input, out);
          ASSERT_TRUE(keeps_the_rules(input, out));
        }
      }
    }
  }
}

TEST_P(Exhaustive, ImplicitAndPendingAndPaced) {
  Plan out;
  for (const AluaSupport support :
       {AluaSupport::implicit_only, AluaSupport::explicit_only, AluaSupport::both}) {
    for (const bool pending : {false, true}) {
      for (const bool may_activate : {false, true}) {
        for (const Access a : kAccess) {
          for (const Access b : kAccess) {
            for (const Life life : {Life::online, Life::online_suspect, Life::online_down}) {
              PlanInput input =
                  input_of({{.access = a}, {.life = life, .access = b}}, GetParam(), support);
              input.tpg_command_pending = pending;
              input.may_activate = may_activate;
              input.claimant = 1;
              plan(input, out);
              ASSERT_TRUE(keeps_the_rules(input, out));
            }
          }
        }
      }
    }
  }
}

TEST_P(Exhaustive, Symmetric) {
  std::vector<SlotCase> all;
  for (const Life life :
       {Life::absent, Life::arriving, Life::online, Life::online_down, Life::online_suspect}) {
    for (const bool registered : {false, true}) {
      for (const Desire desire : kDesires) {
        all.push_back({.life = life, .registered = registered, .desire = desire});
      }
    }
  }
  Plan out;
  for (const SlotCase& a : all) {
    for (const SlotCase& b : all) {
      for (const SlotCase& c : all) {
        for (const bool reservation : {false, true}) {
          PlanInput input = input_of({a, b, c}, GetParam(), AluaSupport::none);
          input.optimized = 0;  // a LUN without ALUA has no access states
          input.reservation_valid = reservation;
          plan(input, out);
          ASSERT_TRUE(keeps_the_rules(input, out));
        }
      }
    }
  }
}

// Feeding the candidates back changes nothing: no path moves without a reason.
TEST_P(Exhaustive, IsIdempotent) {
  Plan first;
  Plan second;
  for (const bool symmetric : {false, true}) {
    for (const Access a : kAccess) {
      for (const Access b : kAccess) {
        for (const Desire of_a : kDesires) {
          for (const Desire of_b : kDesires) {
            for (uint32_t current = 0; current < 8; ++current) {
              PlanInput input = input_of(
                  {{.access = a, .desire = of_a}, {.access = b, .desire = of_b}, {.access = a}},
                  GetParam(), AluaSupport::explicit_only);
              input.symmetric = symmetric;
              input.current = current;
              plan(input, first);
              input.current = first.candidates;
              plan(input, second);
              ASSERT_EQ(first.candidates, second.candidates) << describe(input, second);
            }
          }
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Policies, Exhaustive,
                         ::testing::Values(PolicyId::fail_over_only, PolicyId::round_robin,
                                           PolicyId::round_robin_subset,
                                           PolicyId::least_queue_depth),
                         [](const auto& parameter) {
                           std::string name = find_policy(parameter.param)->name;
                           std::erase(name, '-');
                           return name;
                         });

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
}

TEST(Plan, StandInsFromBestToWorst) {
  constexpr Access kOrder[] = {Access::optimized,   Access::nonoptimized,  Access::standby,
                               Access::unavailable, Access::transitioning, Access::unknown};
  for (size_t better = 0; better < std::size(kOrder); ++better) {
    for (size_t worse = better + 1; worse < std::size(kOrder); ++worse) {
      const PlanInput input = input_of({{.access = kOrder[worse]}, {.access = kOrder[better]}},
                                       PolicyId::round_robin, AluaSupport::explicit_only);
      EXPECT_EQ(planned(input).candidates, 2U) << better << " " << worse;
    }
  }
}

TEST(Plan, WhatIsWanted) {
  const auto want = [](Access access, AluaSupport support) {
    return planned(input_of({{.access = access}}, PolicyId::round_robin, support)).want;
  };
  using enum Access;
  for (const AluaSupport explicitly : {AluaSupport::explicit_only, AluaSupport::both}) {
    EXPECT_EQ(want(optimized, explicitly), Want::nothing);
    EXPECT_EQ(want(nonoptimized, explicitly), Want::stpg);
    EXPECT_EQ(want(standby, explicitly), Want::stpg);
    EXPECT_EQ(want(unavailable, explicitly), Want::stpg);
    EXPECT_EQ(want(transitioning, explicitly), Want::rtpg) << "it is about to change";
    EXPECT_EQ(want(unknown, explicitly), Want::rtpg) << "look first";
    EXPECT_EQ(want(offline, explicitly), Want::nothing);
  }
  for (const Access access : {nonoptimized, standby, unavailable, transitioning, unknown}) {
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
}  // namespace dsm
