// The plan. See plan.h: pure, and the only place that knows what "eligible" means.
#include "dsm/plan.h"

#include "base/bits.h"
#include "dsm/policy.h"

namespace dsm {

using namespace std::string_view_literals;  // with their length: no kernel has strlen
namespace {

// Access states from best to worst; an offline path stands on none and is never used. A path of a
// serving rung takes I/O; the others answer NOT READY.
struct Rung {
  uint32_t PlanInput::*slots;
  bool serves;
};
constexpr Rung kLadder[] = {
    {&PlanInput::optimized, true},      {&PlanInput::nonoptimized, true},
    {&PlanInput::lba_dependent, true},  {&PlanInput::standby, false},
    {&PlanInput::unavailable, false},   {&PlanInput::transitioning, false},
    {&PlanInput::access_unknown, true},
};

// The path that stands in when none is active/optimized, and that asks the array to change that.
// One that the administrator has set aside does so only for want of another.
Slot choose_stand_in(const PlanInput& input, uint32_t equals) {
  const uint32_t willing = equals & ~input.unwilling();
  equals = willing != 0 ? willing : equals;
  const uint32_t wishes[] = {input.desires_optimized & input.group_preferred,
                             input.desires_optimized, input.group_preferred, input.current};
  for (const uint32_t wish : wishes) {
    if ((equals & wish) != 0) {
      equals &= wish;
      break;
    }
  }
  return static_cast<Slot>(base::lowest_bit(equals));
}

// May the nexus that has just been activated ask for its group to be made active/optimized?
bool claims_activation(const PlanInput& input, uint32_t eligible) {
  if (input.claimant == kNoSlot) {
    return false;
  }
  const uint32_t bit = base::bit(input.claimant);
  const uint32_t askable =
      input.nonoptimized | input.lba_dependent | input.standby | input.unavailable;
  if ((eligible & ~input.suspect & askable & bit) == 0) {
    return false;
  }
  const PolicyId policy = input.policy->id;
  if (policy == PolicyId::fail_over_only &&
      (input.claimant == input.preferred || input.claimant == input.moved_to)) {
    return true;
  }
  if ((input.desires_optimized & bit) != 0) {
    return policy == PolicyId::fail_over_only || policy == PolicyId::round_robin_subset;
  }
  return (input.desired() & bit) == 0 && (input.group_preferred & bit) != 0;
}

void decide_want(const PlanInput& input, uint32_t eligible, bool serves, Slot stand_in, Plan& out) {
  const bool has_optimized = (out.candidates & input.optimized) != 0;
  Slot via = kNoSlot;
  if (claims_activation(input, eligible)) {
    via = input.claimant;
    out.claimed = supports_explicit(input.support);
  } else if (!has_optimized) {
    // An optimized path that is only suspect, or about to be activated, is waited for - as long as
    // something serves meanwhile.
    const bool soon = ((eligible & input.optimized) != 0 ||
                       (input.arriving & ~input.down & input.optimized) != 0) &&
                      serves;
    via = soon ? kNoSlot : stand_in;
  }
  if (via == kNoSlot) {
    return;
  }
  if (!has_optimized) {
    out.reason = PlanReason::activating;
  }
  if (input.tpg_command_pending || !input.may_activate) {
    return;
  }
  if (!supports_explicit(input.support)) {
    // The array changes by itself; all there is to do is to look.
    if (!has_optimized) {
      out.want = Want::rtpg;
      out.want_via = via;
    }
    return;
  }
  // A group in transition is waited for, not asked again; what is not known is looked at first.
  const uint32_t look = input.transitioning | input.access_unknown;
  out.want = (look & base::bit(via)) != 0 ? Want::rtpg : Want::stpg;
  out.want_via = via;
  out.want_group = input.group[via];
}

EffectiveState masked(const PlanInput& input, uint32_t bit) {
  if ((input.desires_standby & bit) != 0) {
    return EffectiveState::standby;
  }
  if ((input.desires_unavailable & bit) != 0) {
    return EffectiveState::unavailable;
  }
  return EffectiveState::active_nonoptimized;
}

EffectiveState effective_state(const PlanInput& input, const Plan& plan, uint32_t bit) {
  if ((input.present & bit) == 0) {
    return EffectiveState::absent;
  }
  if ((input.down & bit) != 0) {
    return EffectiveState::failed;
  }
  if ((input.arriving & bit) != 0) {
    return EffectiveState::arriving;
  }
  if ((input.online & bit) == 0) {
    return EffectiveState::removing;
  }
  if (input.reservation_valid && (input.registered & bit) == 0) {
    return EffectiveState::unregistered;
  }
  const bool used = (plan.candidates & bit) != 0;
  if (input.symmetric) {
    return used ? EffectiveState::active_optimized : EffectiveState::standby;
  }
  if ((input.optimized & bit) != 0) {
    return used ? EffectiveState::active_optimized : masked(input, bit);
  }
  if (((input.nonoptimized | input.lba_dependent) & bit) != 0) {
    return EffectiveState::active_nonoptimized;
  }
  if ((input.standby & bit) != 0) {
    return EffectiveState::standby;
  }
  if ((input.unavailable & bit) != 0) {
    return EffectiveState::unavailable;
  }
  if ((input.transitioning & bit) != 0) {
    return EffectiveState::transitioning;
  }
  return (input.offline & bit) != 0 ? EffectiveState::offline : EffectiveState::unknown;
}

void choose(const PlanInput& input, Plan& out) {
  const uint32_t eligible = eligible_slots(input);
  // Suspects are used only when nothing else takes I/O.
  Equals equals = best_equals(input, eligible & ~input.suspect);
  if (!equals.serve) {
    const Equals of_all = best_equals(input, eligible);
    equals = of_all.serve || equals.slots == 0 ? of_all : equals;
  }
  if (equals.slots == 0) {
    out.reason = input.online != 0 ? PlanReason::nothing_usable : PlanReason::no_path;
    return;
  }
  const Slot stand_in = choose_stand_in(input, equals.slots);
  out.candidates = equals.serve ? out.policy->plan(input, equals.slots) : base::bit(stand_in);
  out.cannot_serve_yet = !equals.serve;
  out.reason = input.symmetric || (out.candidates & input.optimized) != 0 ? PlanReason::optimal
                                                                          : PlanReason::stand_in;
  if (!input.symmetric) {
    decide_want(input, eligible, equals.serve, stand_in, out);
  }
  if ((out.candidates & ~input.suspect) == 0) {
    out.reason = PlanReason::suspects_only;
  }
}

}  // namespace

Equals best_equals(const PlanInput& input, uint32_t pool) {
  if (input.symmetric) {
    return {pool, pool != 0};
  }
  for (const Rung& rung : kLadder) {
    if ((pool & input.*rung.slots) != 0) {
      return {pool & input.*rung.slots, rung.serves};
    }
  }
  return {};
}

uint32_t eligible_slots(const PlanInput& input) {
  return input.online & ~input.down & (input.reservation_valid ? input.registered : ~0U);
}

void plan(const PlanInput& input, Plan& out) {
  out.candidates = 0;
  out.cannot_serve_yet = false;
  out.want = Want::nothing;
  out.want_via = kNoSlot;
  out.want_group = 0;
  out.claimed = false;
  out.policy = input.policy;
  if (!input.symmetric && input.policy->on_asymmetric != input.policy->id) {
    out.policy = find_policy(input.policy->on_asymmetric);
  }
  choose(input, out);
  for (unsigned slot = 0; slot < kMaxPathsPerLun; ++slot) {
    out.effective[slot] = effective_state(input, out, base::bit(slot));
  }
}

bool is_symmetric(AluaSupport support, unsigned groups_known, unsigned groups_other_than_ao) {
  if (support == AluaSupport::none) {
    return true;
  }
  return support == AluaSupport::implicit_only && groups_known != 0 && groups_other_than_ao == 0;
}

std::string_view name_of(Want want) {
  switch (want) {
    case Want::nothing:
      return "nothing"sv;
    case Want::stpg:
      return "SET TARGET PORT GROUPS"sv;
    case Want::rtpg:
      return "REPORT TARGET PORT GROUPS"sv;
  }
  return "?"sv;
}

std::string_view name_of(PlanReason reason) {
  switch (reason) {
    case PlanReason::optimal:
      return "optimal"sv;
    case PlanReason::stand_in:
      return "stand-in"sv;
    case PlanReason::activating:
      return "activating"sv;
    case PlanReason::suspects_only:
      return "suspects only"sv;
    case PlanReason::nothing_usable:
      return "nothing usable"sv;
    case PlanReason::no_path:
      return "no path"sv;
  }
  return "?"sv;
}

}  // namespace dsm
