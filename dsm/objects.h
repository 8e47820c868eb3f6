// The objects: a LUN with 32 slots, a path (I_T nexus) and a nexus (one LUN down one path, I_T_L).
// Their storage belongs to the host: it comes with nexus_arrived and leaves with a release action.
// Anyone may read the fields marked "published" at any time; everything else belongs to the module
// and is guarded as said.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "base/fixed_string.h"
#include "base/fixed_vector.h"
#include "dsm/access/work.h"
#include "dsm/cause.h"
#include "dsm/error_rate.h"
#include "dsm/identity.h"
#include "dsm/lane.h"
#include "dsm/limits.h"
#include "dsm/operation.h"
#include "dsm/plan.h"
#include "dsm/policy.h"
#include "dsm/reservation/work.h"
#include "dsm/settings.h"
#include "dsm/statistics.h"
#include "dsm/types.h"
#include "scsi/target_port_groups.h"

namespace dsm {

struct Lun;
struct Nexus;

// An I_T nexus. All nexuses on it fail together. Guarded by the topology lock, except
// what is atomic.
struct Path {
  PathId id = 0;
  void* host = nullptr;
  std::atomic<Health> health{Health::up};  // published
  std::atomic<bool> marginal{false};       // published. It does badly; see Config::path_error_limit
  ErrorRate errors;                        // counted by whoever interprets

  bool removed = false;
  unsigned nexus_count = 0;
  Nexus* first = nullptr;
  Path* hash_next = nullptr;

  // A change of health goes from LUN to LUN; `fan_cursor` is the next nexus to tell.
  bool fanning_out = false;
  Cause fan_cause = Cause::none;
  Nexus* fan_cursor = nullptr;
  Path* fan_next = nullptr;
  uint64_t failed_at = 0;  // the module's sequence number; nexuses that came or were activated
                           // later are not touched
  // Path invalidations that wait for the fan-out, and where the LUNs were that left this path
  // before it died.
  base::FixedVector<OperationId, kMaxPathOperations> invalidations;
  PathId successor = 0;
  LunId former_lun = 0;
};

// One LUN down one path. `lun` and `path` never change; the rest is guarded by the LUN's lock.
struct Nexus {
  NexusId id = 0;
  Slot slot = kNoSlot;
  void* host = nullptr;
  Lun* lun = nullptr;
  Path* path = nullptr;
  base::FixedString<kMaxNameBytes> name;

  Lifecycle lifecycle = Lifecycle::arriving;
  Health health = Health::up;
  Desire desired = Desire::undetermined;
  bool registered = false;
  bool lanes_trusted = false;  // draining: every lane has passed a barrier since
  bool drained_told = false;
  uint32_t weight = 0;
  Desire desired_before = Desire::undetermined;  // see Lun::before
  uint32_t weight_before = 0;
  Statistics statistics_before;  // what its slot had carried when it arrived or was cleared
  bool has_group = false;
  bool group_missing_told = false;
  uint16_t target_port_group = 0;
  uint16_t relative_target_port = 0;
  EffectiveState effective = EffectiveState::arriving;
  uint32_t commands = 0;      // the DSM's own, sent and not answered
  uint64_t activated_at = 0;  // the module's sequence number; at first, when it arrived

  Nexus* path_next = nullptr;
  Nexus* hash_next = nullptr;
};

inline bool is_down(const Nexus& nexus) {
  return nexus.health == Health::down ||
         nexus.path->health.load(std::memory_order_relaxed) == Health::down;
}
inline bool is_suspect(const Nexus& nexus) {
  return nexus.health == Health::suspect ||
         nexus.path->health.load(std::memory_order_relaxed) == Health::suspect ||
         nexus.path->marginal.load(std::memory_order_relaxed);
}
inline bool takes_commands(const Nexus& nexus) {
  return nexus.lifecycle == Lifecycle::online || nexus.lifecycle == Lifecycle::arriving;
}

// A target port group as the last believed RTPG showed it.
struct Group {
  uint16_t id = 0;
  scsi::AccessState state = scsi::AccessState::transitioning;
  bool preferred = false;
  uint8_t supported_states = 0;  // as TargetPortGroup::supported_states
};

// What the I/O path reads: one line, written only when the plan changes.
struct alignas(kCacheLine) Published {
  // {generation: 32, candidate mask: 32}
  std::atomic<uint64_t> word{0};
  std::atomic<const Policy*> policy{nullptr};
  std::atomic<uint32_t> draining{0};  // slots whose last completion is waited for
  std::atomic<bool> throttled{false};
  bool count_statistics = false;            // never changes
  std::atomic<uint32_t> sequential_cap{0};  // least blocks: in Lane::kLoadUnitBytes; 0: off
  Lane* lanes = nullptr;                    // never changes
  uint32_t lane_count = 0;
  // The nexus of each slot; stable while a command is counted there. On lines of their own.
  alignas(kCacheLine) std::array<std::atomic<Nexus*>, kMaxPathsPerLun> nexus{};
  // Generation at which the slot got its nexus.
  std::array<std::atomic<uint32_t>, kMaxPathsPerLun> since{};
};

constexpr uint32_t mask_of(uint64_t word) {
  return static_cast<uint32_t>(word);
}
constexpr uint32_t generation_of(uint64_t word) {
  return static_cast<uint32_t>(word >> 32);
}

// One logical unit. Guarded by its own lock, except `published`.
struct Lun {
  Published published;

  LunId id = 0;
  void* host = nullptr;
  Identity identity;
  AluaSupport support = AluaSupport::none;
  base::FixedString<24> model;
  Lun* hash_next = nullptr;      // by id; topology lock
  Lun* identity_next = nullptr;  // by identity; topology lock
  unsigned nexus_count = 0;

  // Settings.
  PolicyId policy = PolicyId::round_robin;  // as configured; `plan.policy` is the effective one
  SettingsOrigin origin = SettingsOrigin::capability;  // of the policy
  NexusId preferred = 0;
  NexusId moved_to = 0;
  NexusId claimant = 0;
  // What a set_policy that waits for the array puts back if the array refuses.
  struct Before {
    OperationId operation = 0;  // 0: none waits
    PolicyId policy = PolicyId::none;
    SettingsOrigin origin = SettingsOrigin::capability;
    NexusId preferred = 0;
    NexusId moved_to = 0;
  } before;
  // A reservation key is registered for this LUN: only registered nexuses carry I/O.
  bool reservation_valid = false;
  ReservationWork reservation;

  // Access states.
  bool symmetric = true;
  bool groups_read = false;  // an RTPG answer has been believed
  base::FixedVector<Group, scsi::kMaxGroups> groups;
  AccessWork access;

  // Removal.
  uint32_t synchronise_wanted = 0;  // slots
  uint32_t synchronise_asked = 0;

  Plan plan;
  bool replan_due = false;  // facts have changed in this step that the plan has not heard of
  CommandId last_command = 0;
  TimeNs drain_check_at = 0;  // 0: nothing to look at
  TimeNs timer_due = 0;       // 0: not armed
  base::FixedVector<OperationState, kMaxOperationsPerLun> operations;
  scsi::TargetPortGroups rtpg;  // scratch for decoding
  PlanInput facts;              // scratch for planning, too large for a stack

  // The candidate mask and the generation now.
  uint32_t candidates() const { return mask_of(published.word.load(std::memory_order_acquire)); }
  Nexus* nexus_at(unsigned slot) const {
    return published.nexus[slot].load(std::memory_order_acquire);
  }
  // Commands begun and not completed on `slot`, over all lanes. Exact only after the lanes have
  // synchronised.
  uint32_t in_flight(unsigned slot) const;
  const Group* find_group(uint16_t group) const;
  // The access state of a nexus's group; transitioning and false when it is not known.
  bool access_of(const Nexus& nexus, scsi::AccessState& out) const;
};

}  // namespace dsm
