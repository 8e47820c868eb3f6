// See trace.h: what people read. Each event is declared where it is written.
#include "dsm/error_table.h"
#include "dsm/trace/layout.h"
#include "windows/driver/trace.h"

namespace driver {
namespace {

using Lun = Field<"Lun", TlgInUINT32>;
using Path = Field<"Path", TlgInUINT32>;
using Nexus = Field<"Nexus", TlgInUINT32>;
using Slot = Field<"Slot", TlgInUINT8>;
using Kind = Field<"Kind", TlgInCOUNTEDANSISTRING>;
using Cause = Field<"Cause", TlgInCOUNTEDANSISTRING>;
using Outcome = Field<"Outcome", TlgInCOUNTEDANSISTRING>;
using Row = Field<"Row", TlgInCOUNTEDANSISTRING>;
using ScsiStatus = Field<"ScsiStatus", TlgInUINT8>;
using Command = Field<"Command", TlgInUINT32>;

std::string_view text_of(const char* literal) {
  size_t size = 0;
  while (size < dsm::trace::kMaxTextBytes && literal[size] != '\0') {
    ++size;
  }
  return {literal, size};
}

ULONGLONG keyword_of(dsm::OperationKind kind) {
  switch (kind) {
    case dsm::OperationKind::reserve_out:
      return keyword::kReservations;
    case dsm::OperationKind::set_policy:
      return keyword::kSettings;
    default:
      return keyword::kPaths;
  }
}

ULONGLONG keyword_of(dsm::ReportWhat what) {
  using enum dsm::ReportWhat;
  switch (what) {
    case policy:
      return keyword::kSettings;
    case registration:
    case registration_failed:
    case registration_lost:
    case reservation:
      return keyword::kReservations;
    case stpg_failed:
    case rtpg_failed:
    case rtpg_defect:
    case start_failed:
      return keyword::kCommands;
    case deferred_error:
      return keyword::kErrors;
    default:
      return keyword::kPaths;
  }
}

UCHAR level_of(dsm::ReportWhat what) {
  using enum dsm::ReportWhat;
  switch (what) {
    case gave_up:
    case registration_failed:
    case registration_lost:
      return TRACE_LEVEL_ERROR;
    case stpg_failed:
    case rtpg_failed:
    case rtpg_defect:
    case group_missing:
    case start_failed:
    case deferred_error:
    case move_released:
      return TRACE_LEVEL_WARNING;
    default:
      return TRACE_LEVEL_INFORMATION;
  }
}

bool is_bad(dsm::EffectiveState state) {
  return state == dsm::EffectiveState::failed || state == dsm::EffectiveState::unavailable ||
         state == dsm::EffectiveState::offline;
}

}  // namespace

std::string_view Trace::name_of_row(uint16_t row) const {
  const std::span<const dsm::ErrorRow> rows =
      row < dsm::kBuiltinRowBase ? config_.vendor_rows : dsm::builtin_rows();
  const size_t index = row & (dsm::kBuiltinRowBase - 1);
  return index < rows.size() ? text_of(rows[index].name) : std::string_view();
}

void Trace::registered(ULONG dsm_type, NTSTATUS status) {
  if (wanted()) {
    write<"Registered", Field<"DsmType", TlgInUINT32>, Field<"Status", TlgInUINT32>>(
        NT_SUCCESS(status) ? TRACE_LEVEL_INFORMATION : TRACE_LEVEL_ERROR, keyword::kDevices,
        dsm_type, static_cast<uint32_t>(status));
  }
}

void Trace::ignored(const IgnoredSetting& setting) {
  write<"SettingIgnored", Field<"Key", TlgInCOUNTEDSTRING>, Field<"Name", TlgInCOUNTEDSTRING>,
        Field<"Why", TlgInCOUNTEDANSISTRING>, Field<"Type", TlgInUINT32>,
        Field<"Bytes", TlgInUINT32>>(TRACE_LEVEL_WARNING, keyword::kSettings, setting.key,
                                     setting.name, text_of(setting.why), setting.type,
                                     setting.bytes);
}

void Trace::not_claimed(const NotClaimed& device) {
  write<"NotClaimed", Field<"Model", TlgInCOUNTEDANSISTRING>, Field<"Why", TlgInCOUNTEDANSISTRING>>(
      TRACE_LEVEL_INFORMATION, keyword::kDevices, device.model, device.why);
}

void Trace::tell(const dsm::Event& event) {
  using enum dsm::EventKind;
  switch (event.kind) {
    case path_failed:
    case path_suspect:
    case path_marginal:
      write<"PathEvent", Kind, Path>(TRACE_LEVEL_WARNING, keyword::kPaths, name_of(event.kind),
                                     event.path);
      break;
    case path_verified:
    case path_trusted:
    case path_removed:
      write<"PathEvent", Kind, Path>(TRACE_LEVEL_INFORMATION, keyword::kPaths, name_of(event.kind),
                                     event.path);
      break;
    case nexus_activated:
    case nexus_removing:
    case nexus_removed:
      write<"DeviceEvent", Kind, Nexus>(TRACE_LEVEL_INFORMATION, keyword::kDevices,
                                        name_of(event.kind), event.nexus);
      break;
    case set_preferred:
    case set_desired:
    case set_weight:
    case set_sequential_cap:
    case clear_statistics:
      write<"Setting", Kind, Lun, Nexus, Field<"Number", TlgInUINT32>,
            Field<"Desire", TlgInCOUNTEDANSISTRING>>(TRACE_LEVEL_INFORMATION, keyword::kSettings,
                                                     name_of(event.kind), event.lun, event.nexus,
                                                     event.number, name_of(event.desire));
      break;
    case reservation_key:
    case registered:
      write<"Reservation", Kind, Lun, Nexus, Field<"Number", TlgInUINT32>>(
          TRACE_LEVEL_INFORMATION, keyword::kReservations, name_of(event.kind), event.lun,
          event.nexus, event.number);
      break;
    case command_done:
      write<"CommandDone", Lun, Nexus, Command, Outcome, ScsiStatus,
            Field<"DataBytes", TlgInUINT32>>(
          event.command.outcome == dsm::TransportOutcome::delivered ? TRACE_LEVEL_VERBOSE
                                                                    : TRACE_LEVEL_WARNING,
          keyword::kCommands, event.lun, event.nexus, event.command.id,
          text_of(name_of(event.command.outcome)), event.command.scsi_status,
          static_cast<uint32_t>(event.command.data_in.size()));
      break;
    case start_operation:
      write<"OperationStarted", Field<"Operation", TlgInUINT32>, Kind, Lun, Path, Nexus>(
          TRACE_LEVEL_INFORMATION, keyword_of(event.operation.kind), event.operation.id,
          name_of(event.operation.kind), event.operation.lun, event.operation.path,
          event.operation.nexus);
      break;
    default:
      break;
  }
}

void Trace::tell(const dsm::Action& action) {
  using enum dsm::ActionKind;
  switch (action.kind) {
    case joined:
      write<"DeviceArrived", Lun, Path, Nexus, Slot>(TRACE_LEVEL_INFORMATION, keyword::kDevices,
                                                     action.lun, action.path, action.nexus,
                                                     action.slot);
      break;
    case release:
      if (action.released != dsm::Released::lanes) {
        constexpr std::string_view kNames[] = {"LUN", "", "path", "nexus"};
        write<"Released", Kind, Lun, Path, Nexus>(TRACE_LEVEL_INFORMATION, keyword::kDevices,
                                                  kNames[static_cast<unsigned>(action.released)],
                                                  action.lun, action.path, action.nexus);
      }
      break;
    case refused:
      write<"Refused", Lun, Path, Nexus, Field<"Why", TlgInCOUNTEDANSISTRING>>(
          TRACE_LEVEL_WARNING, keyword::kDevices, action.lun, action.path, action.nexus,
          text_of(action.status.message()));
      break;
    case send:
      write<"CommandSent", Lun, Path, Nexus, Command, Field<"Cdb", TlgInBINARY>>(
          TRACE_LEVEL_VERBOSE, keyword::kCommands, action.lun, action.path, action.nexus,
          action.send.id, action.send.cdb.span());
      break;
    case throttle:
    case resume:
      write<"Throttle", Lun, Field<"On", TlgInUINT8>>(
          TRACE_LEVEL_WARNING, keyword::kPaths, action.lun,
          static_cast<uint8_t>(action.kind == throttle ? 1 : 0));
      break;
    case op_done:
      write<"OperationDone", Field<"Operation", TlgInUINT32>, Kind,
            Field<"Result", TlgInCOUNTEDANSISTRING>, Field<"Successor", TlgInUINT32>, ScsiStatus>(
          action.result.status.ok() ? TRACE_LEVEL_INFORMATION : TRACE_LEVEL_WARNING,
          keyword_of(action.result.kind), action.result.id, name_of(action.result.kind),
          text_of(action.result.status.message()), action.result.successor,
          action.result.answer.scsi_status);
      break;
    case report:
      tell_report(action);
      break;
    default:
      break;
  }
}

void Trace::tell_report(const dsm::Action& action) {
  const dsm::Report& report = action.report;
  if (report.what == dsm::ReportWhat::nexus_state) {
    const auto before = static_cast<dsm::EffectiveState>(report.old_value);
    const auto now = static_cast<dsm::EffectiveState>(report.new_value);
    write<"PathState", Lun, Nexus, Slot, Field<"Old", TlgInCOUNTEDANSISTRING>,
          Field<"New", TlgInCOUNTEDANSISTRING>, Cause>(
        is_bad(now) ? TRACE_LEVEL_WARNING : TRACE_LEVEL_INFORMATION, keyword::kPaths, action.lun,
        action.nexus, action.slot, name_of(before), name_of(now), name_of(report.cause));
    return;
  }
  write<"Report", Kind, Lun, Nexus, Slot, Field<"Group", TlgInUINT16>, Field<"Old", TlgInUINT32>,
        Field<"New", TlgInUINT32>, Field<"Detail", TlgInUINT32>, Cause>(
      level_of(report.what), keyword_of(report.what), name_of(report.what), action.lun,
      action.nexus, action.slot, report.group, report.old_value, report.new_value, report.detail,
      name_of(report.cause));
}

void Trace::tell(const dsm::Nexus& nexus, const dsm::Completion& completion,
                 const dsm::Verdict& verdict, bool leaves) {
  const dsm::ErrorFacts facts = dsm::facts_of(completion, false, false);
  write<"Error", Lun, Path, Nexus, Outcome, ScsiStatus, Field<"Opcode", TlgInUINT8>,
        Field<"SenseKey", TlgInUINT8>, Field<"Asc", TlgInUINT8>, Field<"Ascq", TlgInUINT8>, Row,
        Field<"Retry", TlgInUINT8>, Field<"Failover", TlgInUINT8>>(
      TRACE_LEVEL_INFORMATION, keyword::kErrors, nexus.lun->id, nexus.path->id, nexus.id,
      text_of(name_of(completion.outcome)), completion.scsi_status, completion.opcode, facts.key,
      facts.asc, facts.ascq, name_of_row(verdict.row), static_cast<uint8_t>(verdict.retry ? 1 : 0),
      static_cast<uint8_t>(verdict.failover ? 1 : 0));
  if (leaves) {
    write<"Failover", Lun, Path, Nexus, Row>(TRACE_LEVEL_WARNING, keyword::kPaths, nexus.lun->id,
                                             nexus.path->id, nexus.id, name_of_row(verdict.row));
  }
}

}  // namespace driver
