// The plan: from what is known about a LUN's slots to which of them carry I/O, and whether the
// array must be asked to change. A pure function, and the only place that knows what "eligible"
// means - for symmetric and asymmetric LUNs alike. Tested by truth tables.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "dsm/limits.h"
#include "dsm/types.h"

namespace dsm {

struct Policy;

// One bit per slot. Ties go to the lowest slot.
struct PlanInput {
  const Policy* policy = nullptr;  // the configured one
  AluaSupport support = AluaSupport::none;
  bool symmetric = true;  // see is_symmetric()
  bool reservation_valid =
      false;  // a key is registered for this LUN: unregistered nexuses are not eligible
  bool tpg_command_pending = false;  // an STPG or RTPG is under way already
  bool may_activate = true;          // false while an STPG that failed is being paced

  uint32_t present = 0;
  uint32_t arriving = 0;
  uint32_t online = 0;
  uint32_t down = 0;     // nexus or path
  uint32_t suspect = 0;  // nexus or path, and not down
  uint32_t registered = 0;

  // Access states by the last RTPG; each online slot of an ALUA LUN is in exactly one of them.
  uint32_t optimized = 0;
  uint32_t nonoptimized = 0;
  uint32_t lba_dependent = 0;
  uint32_t standby = 0;
  uint32_t unavailable = 0;
  uint32_t offline = 0;
  uint32_t transitioning = 0;
  uint32_t access_unknown = 0;
  uint32_t group_preferred = 0;  // the PREF bit of the slot's target port group

  // The administrator's desires.
  uint32_t desires_optimized = 0;
  uint32_t desires_nonoptimized = 0;
  uint32_t desires_standby = 0;
  uint32_t desires_unavailable = 0;
  uint32_t desired() const {
    return desires_optimized | desires_nonoptimized | desires_standby | desires_unavailable;
  }
  // Asked not to be active.
  uint32_t unwilling() const {
    return desires_nonoptimized | desires_standby | desires_unavailable;
  }

  uint32_t current = 0;      // the candidates of the previous plan
  Slot preferred = kNoSlot;  // the administrator's preferred path (fail over only)
  Slot moved_to = kNoSlot;   // where MoveDevice put it; above `preferred` until that path returns
  Slot claimant =
      kNoSlot;  // just activated, preferred or moved to: may ask the array to make its group active
  std::array<uint16_t, kMaxPathsPerLun> group{};    // target port group of each slot
  std::array<uint32_t, kMaxPathsPerLun> weights{};  // weighted paths: of each slot
};

enum class Want : uint8_t { nothing, stpg, rtpg };

enum class PlanReason : uint8_t {
  optimal,         // candidates are the best paths there can be
  stand_in,        // candidates are of a lesser access state; nothing can be done about it now
  activating,      // candidates are temporary: the array is being asked to make a better state
  suspects_only,   // every candidate is suspect
  nothing_usable,  // paths exist, none may carry I/O
  no_path,         // no nexus is online at all
};

struct Plan {
  uint32_t candidates = 0;
  // The candidates answer NOT READY at present (standby or worse): hold new I/O while a TPG command
  // is under way.
  bool cannot_serve_yet = false;
  Want want = Want::nothing;
  Slot want_via = kNoSlot;  // the nexus on which to send it
  uint16_t want_group = 0;  // stpg: the group to make active/optimized
  bool claimed = false;     // the claimant has a right to an STPG (sent now, later or already)
  PlanReason reason = PlanReason::no_path;
  const Policy* policy =
      nullptr;  // the effective one: round robin is round robin with subset on an asymmetric LUN
  std::array<EffectiveState, kMaxPathsPerLun> effective{};
};

// Eligible at all: online, not down, and registered where that is needed.
uint32_t eligible_slots(const PlanInput& input);

// The best paths of `pool` by access state, and whether such paths take I/O: the others answer NOT
// READY.
struct Equals {
  uint32_t slots = 0;
  bool serve = false;
};
Equals best_equals(const PlanInput& input, uint32_t pool);

// No recursion, no state, at most a few hundred instructions. Any IRQL.
void plan(const PlanInput& input, Plan& out);

// A LUN is symmetric when it has no ALUA, or implicit ALUA only and every group it knows is
// active/optimized. Asked anew after every RTPG. `groups_other_than_ao` counts groups in another
// state; `groups_known` is 0 before the first RTPG.
bool is_symmetric(AluaSupport support, unsigned groups_known, unsigned groups_other_than_ao);

std::string_view name_of(Want want);
std::string_view name_of(PlanReason reason);

}  // namespace dsm
