// What the tests of the plan share: planning inputs from a few words about each slot.
#pragma once

#include <vector>

#include "base/bits.h"
#include "dsm/plan.h"
#include "dsm/policy.h"

namespace dsm::testing {

// What one slot of the enumeration is like.
enum class Life { absent, arriving, online, online_down, online_suspect };
enum class Access {
  optimized,
  nonoptimized,
  lba_dependent,
  standby,
  unavailable,
  offline,
  transitioning,
  unknown
};

inline constexpr Access kAccess[] = {
    Access::optimized,   Access::nonoptimized, Access::lba_dependent, Access::standby,
    Access::unavailable, Access::offline,      Access::transitioning, Access::unknown};
inline constexpr Desire kDesires[] = {Desire::undetermined, Desire::active_optimized,
                                      Desire::standby};

struct SlotCase {
  Life life = Life::online;
  Access access = Access::optimized;
  bool registered = true;
  Desire desire = Desire::undetermined;
};

inline void set(PlanInput& input, unsigned slot, const SlotCase& what) {
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
                                         &PlanInput::lba_dependent, &PlanInput::standby,
                                         &PlanInput::unavailable,   &PlanInput::offline,
                                         &PlanInput::transitioning, &PlanInput::access_unknown};
  input.*access[static_cast<unsigned>(what.access)] |= bit;
  uint32_t PlanInput::*const desire[] = {
      nullptr, &PlanInput::desires_optimized, &PlanInput::desires_nonoptimized,
      &PlanInput::desires_standby, &PlanInput::desires_unavailable};
  if (what.desire != Desire::undetermined) {
    input.*desire[static_cast<unsigned>(what.desire)] |= bit;
  }
  input.group[slot] = static_cast<uint16_t>(slot + 1);
}

inline PlanInput input_of(const std::vector<SlotCase>& slots, PolicyId policy,
                          AluaSupport support) {
  PlanInput input;
  input.policy = find_policy(policy);
  input.support = support;
  input.symmetric = support == AluaSupport::none;
  for (unsigned slot = 0; slot < slots.size(); ++slot) {
    set(input, slot, slots[slot]);
  }
  return input;
}

}  // namespace dsm::testing
