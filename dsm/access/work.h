// Work on access states: at most one STPG or RTPG of a LUN is under way. The record of it, and of the operations that wait
// for it. Behaviour: dsm/access/engine.h.
#pragma once

#include <cstdint>

#include "base/status.h"
#include "dsm/operation.h"
#include "dsm/types.h"

namespace dsm {

enum class AccessPhase : uint8_t {
  idle,
  stpg,   // SET TARGET PORT GROUPS is out
  rtpg,   // REPORT TARGET PORT GROUPS is out
  pause,  // waiting to try again
};

struct AccessWork {
  AccessPhase phase = AccessPhase::idle;
  bool rtpg_wanted = false;      // (another) RTPG is to follow
  bool stpg_wanted = false;
  bool throttled = false;        // this work holds the LUN's I/O
  bool extended_refused = false; // the target does not know the extended header
  NexusId via = 0;               // on which the command is out
  NexusId prefer_via = 0;        // on which the next one should go, if possible
  uint16_t group = 0;            // stpg: to be made active/optimized
  uint16_t avoid_group = 0;      // valid with avoid_group_set: ask another group's nexus, if possible
  bool avoid_group_set = false;
  CommandId command = 0;
  uint32_t rtpg_capacity = 0;
  uint32_t attempts = 0;         // failed ones since the work began
  uint32_t tried = 0;            // slots whose transport failed in this round
  TimeNs began = 0;
  TimeNs resume_at = 0;          // phase pause
  TimeNs give_up_at = 0;
  uint8_t transition_time_s = 0; // as the target told
  // An activation that failed is not asked for again before this.
  TimeNs activate_not_before = 0;
  uint32_t activate_failures = 0;
  uint32_t round = 0;            // counts completed RTPGs
};

enum class OperationPhase : uint8_t { verify_tur, wait_rtpg, wait_access };

// One operation under way on a LUN.
struct OperationState {
  OperationId id = 0;
  OperationKind kind = OperationKind::none;
  OperationPhase phase = OperationPhase::wait_access;
  NexusId nexus = 0;
  uint16_t group = 0;
  CommandId command = 0;
  TimeNs deadline = 0;
  uint32_t round = 0;  // satisfied by an RTPG begun after this round
};

}  // namespace dsm
