// Work on access states: at most one STPG or RTPG of a LUN is under way. The record of it; what is
// done with it stands in dsm/access/engine.h.
#pragma once

#include <cstdint>

#include "dsm/types.h"
#include "scsi/target_port_groups.h"

namespace dsm {

enum class AccessPhase : uint8_t {
  idle,
  stpg,   // SET TARGET PORT GROUPS is out
  rtpg,   // REPORT TARGET PORT GROUPS is out
  start,  // START STOP UNIT is out
  pause,  // waiting to try again
};

struct AccessWork {
  AccessPhase phase = AccessPhase::idle;
  bool rtpg_wanted = false;
  bool stpg_wanted = false;
  bool start_wanted = false;      // down prefer_via and no other
  bool hold = false;              // an error asked to hold the LUN's I/O until the states are known
  bool extended_refused = false;  // the extended header is unknown to the target, or it errs
  bool avoid_group_set = false;
  bool activation_asked = false;  // an STPG for `group` has been sent and is yet to be judged by an
                                  // RTPG
  uint16_t group = 0;             // stpg: to be made active/optimized
  uint16_t avoid_group = 0;       // ask a nexus of another group, if possible
  NexusId via = 0;                // on which the command is out
  NexusId prefer_via = 0;         // on which the next one should go, if possible
  NexusId verifying = 0;          // may be used although it is down
  CommandId command = 0;
  uint32_t rtpg_capacity = 0;  // bytes; 0: the default
  uint32_t attempts = 0;       // failed ones since the work began
  uint32_t tried = 0;          // slots that failed to carry a command since the work began
  uint32_t answered = 0;       // slots that brought a believed answer since the work began
  TimeNs resume_at = 0;        // phase pause
  TimeNs give_up_at = 0;
  uint8_t transition_time_s = 0;  // as the target told
  // What the plan wants of the array is not asked for again before this.
  TimeNs activate_not_before = 0;
  uint32_t activate_failures = 0;
  uint32_t round = 0;  // counts believed RTPG answers
  scsi::GroupsDefect defect_told =
      scsi::GroupsDefect::none;  // of the answers since the last believed
};

}  // namespace dsm
