// Everything that can happen to the DSM: a closed set. An event is plain data - numbers and, where
// it carries bytes or storage, views that need to live only during Module::on() - so a recorder can
// copy it and a replayer can feed it again.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "dsm/claim.h"
#include "dsm/operation.h"
#include "dsm/settings.h"
#include "dsm/types.h"
#include "dsm/verdict.h"

namespace dsm {

struct Lun;
struct Path;
struct Nexus;
struct Lane;

enum class EventKind : uint8_t {
  nexus_arrived,    // {nexus, path, arrival} a LUN seen down a path. Answer: joined or refused
  nexus_activated,  // {nexus} it may be used from now on (MPIO's IsPathActive; a host sends it
                    // after its stability time)
  nexus_removing,   // {nexus} no new commands; `drained` follows when the old ones have ended
  nexus_removed,  // {nexus} the host has let go of it; `release` follows when its last command has
                  // ended
  path_verified,  // {path} evidence that it works: ends suspicion, never failure
  path_suspect,   // {path} evidence that it may not work (no answer for a while)
  path_failed,    // {path} it does not work (InvalidatePath, connection lost, silence)
  path_marginal,  // {path} the answer to mistrust_path: others are preferred ...
  path_trusted,   // {path} ... until here, when the host has seen it do well for long enough
  path_removed,   // {path} the host has let go of it; `release` follows its last nexus, unless one
                  // arrives on it before: then it is as new, and to be removed again
  command_done,   // {lun, nexus, command} a command of a `send` action ended
  slot_idle,      // {lun} complete() or move() said so on some lane
  lanes_synchronised,  // {lun} the answer to synchronise_lanes
  timer,               // {lun} the timer of arm_timer is due
  set_preferred,       // {lun, nexus} the administrator's preferred path; nexus 0: none
  set_desired,         // {nexus, desire}
  set_weight,          // {nexus, number} weighted paths
  set_sequential_cap,  // {lun, number: bytes} least blocks; 0: sequential transfers are like others
  clear_statistics,    // {lun, nexus} from now on they count from 0; nexus 0: all of the LUN
  reservation_key,     // {lun, number: 0 or 1} is a reservation key valid for this LUN?
  registered,          // {nexus, number: 0 or 1} is it registered on this nexus?
  start_operation,     // {operation}
  cancel_operation,    // {operation.id, operation.lun or operation.path}
};
std::string_view name_of(EventKind kind);

// nexus_arrived. The storage belongs to the DSM from here on; what it does not use (the LUN and its
// lanes when the LUN is known, the path when it is known, everything when it refuses) comes back by
// `release` actions of the same event.
struct Arrival {
  const ClaimResult* claim = nullptr;  // must be claimed()
  LunId spare_lun_id = 0;              // becomes the LUN's id if the identity is new
  Lun* spare_lun = nullptr;            // may be null when the host knows that the LUN exists
  Lane* lanes = nullptr;               // Config::lane_count of them, with spare_lun
  Path* path = nullptr;                // may be null when the path is known
  Nexus* nexus = nullptr;
  void* lun_host = nullptr;  // the host's cookies, kept in the objects
  void* path_host = nullptr;
  void* nexus_host = nullptr;
  std::string_view
      nexus_name;  // stable: initiator port + target port (+ LUN); cut at kMaxNameBytes
  ArrivalSettings settings = {};
};

struct CommandDone {
  CommandId id = 0;
  TransportOutcome outcome = TransportOutcome::delivered;
  uint8_t scsi_status = 0;
  base::Bytes sense;
  base::Bytes data_in;  // what came; never more than the capacity asked for
};

struct Event {
  EventKind kind = EventKind::timer;
  TimeNs now = 0;
  LunId lun = 0;
  PathId path = 0;
  NexusId nexus = 0;
  uint32_t number = 0;
  Desire desire = Desire::undetermined;
  Arrival arrival;
  CommandDone command;
  Operation operation;
};

// Makers, so that events read as sentences.
namespace event {
Event nexus_arrived(TimeNs now, NexusId nexus, PathId path, const Arrival& arrival);
Event of_nexus(EventKind kind, TimeNs now, NexusId nexus, uint32_t number = 0);
Event of_path(EventKind kind, TimeNs now, PathId path);
Event of_lun(EventKind kind, TimeNs now, LunId lun, uint32_t number = 0);
Event set_preferred(TimeNs now, LunId lun, NexusId nexus);
Event set_desired(TimeNs now, NexusId nexus, Desire desire);
Event command_done(TimeNs now, LunId lun, NexusId nexus, const CommandDone& command);
Event start(TimeNs now, const Operation& operation);
Event cancel(TimeNs now, const Operation& operation);
}  // namespace event

}  // namespace dsm
