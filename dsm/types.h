// The words of the DSM: identifiers, and the attributes of a nexus, which are kept apart on
// purpose. A mixed "state" is only ever computed (EffectiveState), never stored as truth.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/units.h"

namespace dsm {

// Numbers that the host gives to its objects; 0 is none. They, not pointers, stand in events, so
// that a recorded list of events replays anywhere.
using LunId = uint32_t;
using PathId = uint32_t;
using NexusId = uint32_t;
using OperationId = uint32_t;
// Given by the DSM to each command that it asks the host to send; 0 is none.
using CommandId = uint32_t;

// Index of a nexus in its LUN, 0..31. It is stable while the nexus lives and is used again
// afterwards.
using Slot = uint8_t;
inline constexpr Slot kNoSlot = 0xff;

// Monotonic nanoseconds, as the host's clock counts them. The DSM only compares and adds.
using TimeNs = uint64_t;
using base::kNsPerMs;

// Does the nexus exist? arriving: known, not yet to be used. draining: no new commands, the old
// ones end. gone: the host has let go of it; its storage is given back when the last command has
// ended.
enum class Lifecycle : uint8_t { arriving, online, draining, gone };

// Does it work, by the evidence seen? suspect: perhaps not; used only when nothing better is there.
enum class Health : uint8_t { up, suspect, down };

// What the administrator wants of a nexus (or the settings say for him). Only fail over only and
// round robin with subset look at it.
enum class Desire : uint8_t {
  undetermined,
  active_optimized,
  active_nonoptimized,
  standby,
  unavailable
};

// What the plan made of a nexus; what `show` prints.
enum class EffectiveState : uint8_t {
  active_optimized,     // AO
  active_nonoptimized,  // AU: by the target, or an optimized path masked by policy
  standby,              // SB
  unavailable,          // UA
  transitioning,        // TR
  offline,              // OF
  unknown,              // ??: an ALUA LUN whose access states have not been read yet
  arriving,             // NEW
  unregistered,         // NOREG: a reservation key is valid and not registered here
  failed,               // FAILED
  removing,             // GONE: draining or gone
  absent,               // -: the slot is empty
};

// The numbers are those of the Windows policy enumeration, where 7 is the vendor's own. Zero clears
// a setting.
enum class PolicyId : uint8_t {
  none = 0,
  fail_over_only = 1,
  round_robin = 2,
  round_robin_subset = 3,
  least_queue_depth = 4,
  weighted_paths = 5,
  least_blocks = 6,
  least_service_time = 7,
};

// The TPGS field of the INQUIRY data, SPC-4 table 172.
enum class AluaSupport : uint8_t { none = 0, implicit_only = 1, explicit_only = 2, both = 3 };
constexpr bool supports_explicit(AluaSupport support) {
  return support == AluaSupport::explicit_only || support == AluaSupport::both;
}

std::string_view name_of(Lifecycle value);
std::string_view name_of(Health value);
std::string_view name_of(Desire value);
std::string_view name_of(EffectiveState value);        // "active/optimized" ...
std::string_view short_name_of(EffectiveState value);  // "AO" ...
std::string_view name_of(AluaSupport value);

}  // namespace dsm
