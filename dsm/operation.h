// Operations: what must return the result of several commands. Started by an event, they end with
// exactly one op_done action, whatever happens: success, failure, deadline, cancel, or the end of
// the object they work on.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/status.h"
#include "dsm/reservation/request.h"
#include "dsm/settings.h"
#include "dsm/types.h"

namespace dsm {

enum class OperationKind : uint8_t {
  none,
  // {nexus} Does this nexus work? TEST UNIT READY, and on an ALUA LUN an RTPG down the same nexus.
  // Success changes no lifecycle: the host sends nexus_activated once the path has been stable for
  // long enough.
  verify_path,
  // {path} As the event path_failed; ends when all its LUNs have been served. Result: `successor`,
  // a path that carries one of those LUNs now; not_found when there is none.
  invalidate_path,
  // {lun, nexus} Make this nexus the active one; the old one goes to standby and is not failed.
  // Explicit ALUA: its group is activated if need be. When the array refuses, all stays as it was.
  move,
  // {lun, settings} Policy, preferred path, desires, weights. Checked as a whole first: a rejection
  // leaves everything as it was. Done at once - unless a path that is to be active stands in
  // another group (explicit ALUA): then the array is asked, and if it refuses, or the operation
  // ends in any other way but success, the former settings are put back. What is set by an event
  // meanwhile stays. conflict: such an operation is under way already. Clearing a setting is
  // setting what the other levels say (dsm/settings.h).
  set_policy,
  // {lun} Read the access states now.
  refresh_access,
  // {lun, group} SET TARGET PORT GROUPS to active/optimized, then an RTPG.
  activate_group,
  // {lun, reserve} PERSISTENT RESERVE OUT over the paths of a LUN (dsm/reservation/engine.h). ok:
  // the target has answered; the client gets the answer. Else
  // nothing can be said to the client but that it failed: not_found - no path could carry it;
  // io_error - its answer was lost and nobody is left to ask. conflict: another one is under way.
  reserve_out,
};
std::string_view name_of(OperationKind kind);

struct PathSetting {
  NexusId nexus = 0;
  Desire desire = Desire::undetermined;
  uint32_t weight = 0;
  bool operator==(const PathSetting&) const = default;
};

struct PolicySettings {
  PolicyId policy = PolicyId::none;
  NexusId preferred = 0;  // 0: none. Only with fail over only.
  // Either empty (desires and weights stay) or one entry for each nexus of the LUN; one that is
  // being removed may be left out.
  std::span<const PathSetting> paths;
  SettingsOrigin origin = SettingsOrigin::lun;
};

struct Operation {
  OperationId id = 0;  // the host's number; not 0
  OperationKind kind = OperationKind::none;
  LunId lun = 0;
  PathId path = 0;
  NexusId nexus = 0;
  uint16_t group = 0;
  TimeNs deadline = 0;  // 0: none but that of its commands
  PolicySettings settings;
  ReserveRequest reserve;
};

// Where an operation under way on a LUN stands.
enum class OperationPhase : uint8_t {
  verify_tur,   // TEST UNIT READY is out
  wait_access,  // waits for the access-state work of the LUN to end
};
struct OperationState {
  OperationId id = 0;
  OperationKind kind = OperationKind::none;
  OperationPhase phase = OperationPhase::wait_access;
  NexusId nexus = 0;
  uint16_t group = 0;
  CommandId command = 0;
  bool asked_again = false;  // verify_path: an RTPG for other work went another way
  uint32_t attempts = 0;
  uint32_t round = 0;  // access rounds believed when it began
  TimeNs deadline = 0;
};

struct OperationResult {
  OperationId id = 0;
  OperationKind kind = OperationKind::none;
  base::Status status;
  PathId successor = 0;  // invalidate_path
  // reserve_out: the target's answer, and the path that brought it.
  PathId path = 0;
  TargetAnswer answer;
};

}  // namespace dsm
