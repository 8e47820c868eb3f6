// Names of what the DSM asks and reports.
#include "dsm/action.h"

namespace dsm {

std::string_view name_of(ActionKind kind) {
  switch (kind) {
    case ActionKind::joined:
      return "joined";
    case ActionKind::refused:
      return "refused";
    case ActionKind::send:
      return "send";
    case ActionKind::throttle:
      return "throttle";
    case ActionKind::resume:
      return "resume";
    case ActionKind::arm_timer:
      return "arm timer";
    case ActionKind::cancel_timer:
      return "cancel timer";
    case ActionKind::synchronise_lanes:
      return "synchronise lanes";
    case ActionKind::drained:
      return "drained";
    case ActionKind::release:
      return "release";
    case ActionKind::op_done:
      return "operation done";
    case ActionKind::report:
      return "report";
  }
  return "?";
}

std::string_view name_of(ReportWhat what) {
  switch (what) {
    case ReportWhat::nexus_state:
      return "nexus state";
    case ReportWhat::health:
      return "health";
    case ReportWhat::access:
      return "access state";
    case ReportWhat::candidates:
      return "candidates";
    case ReportWhat::policy:
      return "policy";
    case ReportWhat::throttled:
      return "throttled";
    case ReportWhat::stpg_failed:
      return "SET TARGET PORT GROUPS failed";
    case ReportWhat::rtpg_failed:
      return "REPORT TARGET PORT GROUPS failed";
    case ReportWhat::rtpg_defect:
      return "REPORT TARGET PORT GROUPS answer not believed";
    case ReportWhat::gave_up:
      return "access-state work gave up";
    case ReportWhat::deferred_error:
      return "deferred error";
    case ReportWhat::move_released:
      return "move released";
  }
  return "?";
}

std::string_view name_of(Cause cause) {
  switch (cause) {
    case Cause::none:
      return "";
    case Cause::arrival:
      return "arrival";
    case Cause::activation:
      return "activation";
    case Cause::removal:
      return "removal";
    case Cause::path_failed:
      return "path failed";
    case Cause::path_suspect:
      return "path suspect";
    case Cause::path_verified:
      return "path verified";
    case Cause::io_error:
      return "I/O error";
    case Cause::access_change:
      return "access change";
    case Cause::administrator:
      return "administrator";
    case Cause::reservation:
      return "reservation";
    case Cause::operation:
      return "operation";
    case Cause::timer:
      return "timer";
  }
  return "?";
}

std::string_view name_of(OperationKind kind) {
  switch (kind) {
    case OperationKind::none:
      return "none";
    case OperationKind::verify_path:
      return "verify path";
    case OperationKind::invalidate_path:
      return "invalidate path";
    case OperationKind::move:
      return "move";
    case OperationKind::set_policy:
      return "set policy";
    case OperationKind::refresh_access:
      return "refresh access states";
    case OperationKind::activate_group:
      return "activate group";
  }
  return "?";
}

}  // namespace dsm
