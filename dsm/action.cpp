// Names of what the DSM asks and reports.
#include "dsm/action.h"

namespace dsm {

using namespace std::string_view_literals;  // with their length: no kernel has strlen

std::string_view name_of(ActionKind kind) {
  switch (kind) {
    case ActionKind::joined:
      return "joined"sv;
    case ActionKind::refused:
      return "refused"sv;
    case ActionKind::send:
      return "send"sv;
    case ActionKind::throttle:
      return "throttle"sv;
    case ActionKind::resume:
      return "resume"sv;
    case ActionKind::arm_timer:
      return "arm timer"sv;
    case ActionKind::cancel_timer:
      return "cancel timer"sv;
    case ActionKind::synchronise_lanes:
      return "synchronise lanes"sv;
    case ActionKind::mistrust_path:
      return "mistrust path"sv;
    case ActionKind::drained:
      return "drained"sv;
    case ActionKind::release:
      return "release"sv;
    case ActionKind::op_done:
      return "operation done"sv;
    case ActionKind::report:
      return "report"sv;
  }
  return "?"sv;
}

std::string_view name_of(ReportWhat what) {
  switch (what) {
    case ReportWhat::nexus_state:
      return "nexus state"sv;
    case ReportWhat::health:
      return "health"sv;
    case ReportWhat::access:
      return "access state"sv;
    case ReportWhat::candidates:
      return "candidates"sv;
    case ReportWhat::policy:
      return "policy"sv;
    case ReportWhat::throttled:
      return "throttled"sv;
    case ReportWhat::stpg_failed:
      return "SET TARGET PORT GROUPS failed"sv;
    case ReportWhat::rtpg_failed:
      return "REPORT TARGET PORT GROUPS failed"sv;
    case ReportWhat::rtpg_defect:
      return "REPORT TARGET PORT GROUPS answer not believed"sv;
    case ReportWhat::group_missing:
      return "target port group not reported"sv;
    case ReportWhat::gave_up:
      return "access-state work gave up"sv;
    case ReportWhat::start_failed:
      return "START STOP UNIT failed"sv;
    case ReportWhat::deferred_error:
      return "deferred error"sv;
    case ReportWhat::registration:
      return "registration"sv;
    case ReportWhat::registration_failed:
      return "registration failed"sv;
    case ReportWhat::registration_lost:
      return "registration lost"sv;
    case ReportWhat::reservation:
      return "reservation"sv;
    case ReportWhat::move_released:
      return "move released"sv;
  }
  return "?"sv;
}

std::string_view name_of(Cause cause) {
  switch (cause) {
    case Cause::none:
      return ""sv;
    case Cause::arrival:
      return "arrival"sv;
    case Cause::activation:
      return "activation"sv;
    case Cause::removal:
      return "removal"sv;
    case Cause::path_failed:
      return "path failed"sv;
    case Cause::path_suspect:
      return "path suspect"sv;
    case Cause::path_verified:
      return "path verified"sv;
    case Cause::path_marginal:
      return "path marginal"sv;
    case Cause::path_trusted:
      return "path trusted"sv;
    case Cause::io_error:
      return "I/O error"sv;
    case Cause::access_change:
      return "access change"sv;
    case Cause::administrator:
      return "administrator"sv;
    case Cause::reservation:
      return "reservation"sv;
    case Cause::operation:
      return "operation"sv;
    case Cause::timer:
      return "timer"sv;
  }
  return "?"sv;
}

std::string_view name_of(OperationKind kind) {
  switch (kind) {
    case OperationKind::none:
      return "none"sv;
    case OperationKind::verify_path:
      return "verify path"sv;
    case OperationKind::invalidate_path:
      return "invalidate path"sv;
    case OperationKind::move:
      return "move"sv;
    case OperationKind::set_policy:
      return "set policy"sv;
    case OperationKind::refresh_access:
      return "refresh access states"sv;
    case OperationKind::reserve_out:
      return "reserve out"sv;
    case OperationKind::activate_group:
      return "activate group"sv;
  }
  return "?"sv;
}

}  // namespace dsm
