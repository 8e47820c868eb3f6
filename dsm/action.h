// What the DSM asks of its host. The DSM never calls out: it fills the caller's list, and the
// caller carries it out in order, after Module::on() has returned and no lock is held.
#pragma once

#include <array>
#include <cstdint>

#include "base/fixed_vector.h"
#include "base/status.h"
#include "dsm/cause.h"
#include "dsm/limits.h"
#include "dsm/operation.h"
#include "dsm/types.h"
#include "scsi/cdb.h"

namespace dsm {

struct Lun;
struct Nexus;

enum class ActionKind : uint8_t {
  joined,   // {lun, nexus, lun_object, nexus_object, slot} the answer to nexus_arrived
  refused,  // {nexus, path, status} nexus_arrived, or any event naming an object that is not there.
            // Nothing was changed
  send,     // {lun, path, nexus, send} send this command down that nexus; answer with command_done,
            // always
  throttle,      // {lun} hold new commands and retries of this LUN ...
  resume,        // {lun} ... until here. Strictly in turns
  arm_timer,     // {lun, due} one timer per LUN; arming again moves it. Answer with `timer`, never
                 // early
  cancel_timer,  // {lun}
  synchronise_lanes,  // {lun} make every lane pass a full barrier, then answer with
                      // lanes_synchronised. A single-threaded host answers at once
  mistrust_path,  // {path} it works, but commands fail on it too often (Config::path_error_limit).
                  // Answer with path_marginal, and with path_trusted some time later
  drained,        // {lun, nexus} nexus_removing: its last command has ended
  release,        // {released, storage, host, id} the DSM does not know this storage any more
  op_done,        // {result}
  report,         // {report} for the trace and `show`
};
std::string_view name_of(ActionKind kind);

// The object kinds that leave by `release`.
enum class Released : uint8_t { lun, lanes, path, nexus };

enum class ReportWhat : uint8_t {
  nexus_state,     // old and new: EffectiveState
  health,          // old and new: Health, of the nexus
  access,          // old and new: scsi::AccessState, of the group in `group`
  candidates,      // old and new: masks; detail: PlanReason
  policy,          // old and new: PolicyId, the effective one
  throttled,       // old and new: 0 or 1
  stpg_failed,     // new: SCSI status; detail: key, ASC, ASCQ
  rtpg_failed,     // likewise
  rtpg_defect,     // new: scsi::GroupsDefect. The answer was not believed; told once while it lasts
  group_missing,   // the nexus's `group` is not in the answer: its state is unknown. Told once
  gave_up,         // access-state work reached its deadline
  start_failed,    // START STOP UNIT; new: SCSI status; detail: key, ASC, ASCQ
  deferred_error,  // a command brought news of an earlier one's failure; detail: key, ASC, ASCQ
  registration,    // old and new: 0 or 1, of the nexus
  registration_failed,  // new: SCSI status; detail: key, ASC, ASCQ. The nexus carries no I/O
  registration_lost,  // the target does not know our key any more: another host has thrown us out,
                      // or it kept nothing. The nexus showed it
  reservation,        // old and new: scsi::ReservationType; the nexus holds it alone
  move_released,  // the path put in place by `move` is no longer usable: the preferred path counts
                  // again
};
std::string_view name_of(ReportWhat what);

// One documented line of the DSM's trace.
struct Report {
  TimeNs now = 0;
  ReportWhat what = ReportWhat::nexus_state;
  Cause cause = Cause::none;
  uint16_t group = 0;
  uint32_t old_value = 0;
  uint32_t new_value = 0;
  uint32_t detail = 0;  // key << 16 | ASC << 8 | ASCQ, or as said above
};

struct Send {
  CommandId id = 0;
  scsi::Cdb cdb;
  uint32_t deadline_ms = 0;
  uint32_t data_in_capacity = 0;  // bytes; 0: no data in
  // Data out: the parameter list that came with this operation (reserve_out), or else these bytes.
  OperationId data_of_operation = 0;
  uint8_t data_out_bytes = 0;
  std::array<uint8_t, kMaxDataOutBytes> data_out{};
};

struct Action {
  ActionKind kind = ActionKind::report;
  Slot slot = kNoSlot;
  Released released = Released::nexus;
  LunId lun = 0;
  PathId path = 0;
  NexusId nexus = 0;
  TimeNs due = 0;
  Lun* lun_object = nullptr;
  Nexus* nexus_object = nullptr;
  void* storage = nullptr;
  void* host = nullptr;
  base::Status status;
  Send send;
  OperationResult result;
  Report report;
};

using Actions = base::FixedVector<Action, kActionCapacity>;

}  // namespace dsm
