// RESERVE and RELEASE, 6 and 10, of the whole logical unit. SPC-2 7.17 to 7.22; beside persistent
// reservations, SPC-4 5.12.3.
#include "array/commands.h"
#include "scsi/opcodes.h"

namespace array {
namespace {

// Extents and third parties were given up by the standard before anybody used them.
bool asks_too_much(base::Bytes cdb) {
  constexpr uint8_t kThirdParty = 0x10;
  constexpr uint8_t kLongIdentifier = 0x02;
  constexpr uint8_t kExtent = 0x01;
  return (cdb[1] & (kThirdParty | kLongIdentifier | kExtent)) != 0;
}

// Where somebody is registered, these commands conflict, except for who has the unit by a
// persistent reservation: it is told GOOD, and nothing happens. True: the task has been ended.
bool ended_by_registrations(Context& context) {
  const Reservations& persistent = context.lun->reservations();
  if (persistent.registrations().empty()) {
    return false;
  }
  const bool has_it = persistent.takes_part(context.nexus.initiator, context.nexus.port);
  context.task.status = has_it ? scsi::kGood : scsi::kReservationConflict;
  return true;
}

}  // namespace

void reserve_unit(Context& context) {
  if (asks_too_much(context.cdb())) {
    return end_invalid_field(context.task, 1);
  }
  if (ended_by_registrations(context)) {
    return;
  }
  if (!context.lun->reserve(context.nexus.id)) {
    context.task.status = scsi::kReservationConflict;
    return;
  }
  end_good(context.task);
}

// Also GOOD for who holds nothing.
void release_unit(Context& context) {
  if (asks_too_much(context.cdb())) {
    return end_invalid_field(context.task, 1);
  }
  if (ended_by_registrations(context)) {
    return;
  }
  context.lun->release(context.nexus.id);
  end_good(context.task);
}

}  // namespace array
