// See access_check.h. Order: SAM-5 5.3.1; access states: SPC-4 5.15.2.4.
#include "array/access_check.h"

#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace array {
namespace {

constexpr uint16_t kMediumNotPresent = 0x3a00;
constexpr uint16_t kLunNotSupported = 0x2500;

struct StateRule {
  Served served;     // commands that are served up to here, or further, run
  uint16_t refusal;  // NOT READY with this code for the others
};

StateRule rule_of(scsi::AccessState state) {
  switch (state) {
    case scsi::AccessState::active_optimized:
    case scsi::AccessState::active_nonoptimized:
    case scsi::AccessState::lba_dependent:
      return {Served::active, 0};
    case scsi::AccessState::standby:
      return {Served::standby, 0x040b};
    case scsi::AccessState::unavailable:
      return {Served::unavailable, 0x040c};
    case scsi::AccessState::offline:
      return {Served::unavailable, 0x0412};
    case scsi::AccessState::transitioning:
      return {Served::always, 0x040a};
  }
  return {Served::unavailable, 0x040c};
}

// START STOP UNIT that only starts, PREVENT ALLOW MEDIUM REMOVAL that only allows.
bool stops_nothing(base::Bytes cdb) {
  return cdb[0] == scsi::kStartStopUnit ? (cdb[4] & 0xf1) == 0x01 : (cdb[4] & 0x03) == 0;
}

bool excluded_by_reservation(const Context& context, const CommandRow& row) {
  const Reservations& reservations = context.lun->reservations();
  if (row.excluded_by == ExcludedBy::none || reservations.type() == scsi::ReservationType::none ||
      reservations.takes_part(context.nexus.initiator, context.nexus.port)) {
    return false;
  }
  switch (row.excluded_by) {
    case ExcludedBy::none:
      return false;
    case ExcludedBy::exclusive_access:
      return scsi::excludes_reading(reservations.type());
    case ExcludedBy::any:
      return true;
    case ExcludedBy::any_if_it_stops:
      return !stops_nothing(context.cdb());
  }
  return true;
}

// Reads, writes and all that works on blocks; not what only asks about the unit.
bool touches_blocks(const CommandRow& row) {
  return (row.properties & kNeedsMedium) != 0 && row.excluded_by != ExcludedBy::none;
}

}  // namespace

bool may_execute(Context& context, const CommandRow& row) {
  Task& task = context.task;
  const auto has = [&row](uint8_t property) { return (row.properties & property) != 0; };
  if (context.lun == nullptr) {
    if (has(kAnyLun)) {
      return true;
    }
    end_check(task, scsi::kIllegalRequest, kLunNotSupported);
    return false;
  }
  const Lun& lun = *context.lun;
  AttentionQueue& attentions = context.nexus.attentions[lun.number()];
  if (!attentions.empty() && !has(kSkipsAttention)) {
    end_check(task, scsi::kUnitAttention, attentions.front());
    attentions.pop();
    return false;
  }
  if ((lun.reserved_against(context.nexus.id) && !has(kDespiteReservation)) ||
      excluded_by_reservation(context, row)) {
    task.status = scsi::kReservationConflict;
    return false;
  }
  const StateRule rule =
      rule_of(context.array.groups().state(context.array.group_of_port(context.nexus.port)));
  if (row.served < rule.served) {
    end_check(task, scsi::kNotReady, rule.refusal);
    return false;
  }
  if (context.array.is_passive(context.nexus.port) && touches_blocks(row)) {
    const PassiveAnswer& answer = *context.array.config().passive;
    end_check(task, answer.sense_key, answer.sense_code);
    return false;
  }
  if (has(kNeedsMedium) && !lun.medium_present()) {
    end_check(task, scsi::kNotReady, kMediumNotPresent);
    return false;
  }
  return true;
}

}  // namespace array
