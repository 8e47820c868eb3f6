// The rules that every plan must keep, against every combination of three slots.
#include <gtest/gtest.h>

#include <sstream>
#include <vector>

#include "dsm/testing/every_policy.h"
#include "dsm/testing/plan_case.h"

namespace dsm::testing {
namespace {

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

INSTANTIATE_TEST_SUITE_P(Policies, Exhaustive, every_policy(), policy_name);

}  // namespace
}  // namespace dsm::testing
