// Names of service actions and types; see persistent_reservation.h.
#include "scsi/persistent_reservation.h"

namespace scsi {

const char* name_of(ReserveInAction action) {
  switch (action) {
    case ReserveInAction::read_keys:
      return "READ KEYS";
    case ReserveInAction::read_reservation:
      return "READ RESERVATION";
    case ReserveInAction::report_capabilities:
      return "REPORT CAPABILITIES";
    case ReserveInAction::read_full_status:
      return "READ FULL STATUS";
  }
  return "reserved";
}

const char* name_of(ReserveOutAction action) {
  switch (action) {
    case ReserveOutAction::register_key:
      return "REGISTER";
    case ReserveOutAction::reserve:
      return "RESERVE";
    case ReserveOutAction::release:
      return "RELEASE";
    case ReserveOutAction::clear:
      return "CLEAR";
    case ReserveOutAction::preempt:
      return "PREEMPT";
    case ReserveOutAction::preempt_and_abort:
      return "PREEMPT AND ABORT";
    case ReserveOutAction::register_and_ignore_existing_key:
      return "REGISTER AND IGNORE EXISTING KEY";
    case ReserveOutAction::register_and_move:
      return "REGISTER AND MOVE";
    case ReserveOutAction::replace_lost_reservation:
      return "REPLACE LOST RESERVATION";
  }
  return "reserved";
}

const char* name_of(ReservationType type) {
  switch (type) {
    case ReservationType::none:
      return "none";
    case ReservationType::write_exclusive:
      return "Write Exclusive";
    case ReservationType::exclusive_access:
      return "Exclusive Access";
    case ReservationType::write_exclusive_registrants_only:
      return "Write Exclusive - Registrants Only";
    case ReservationType::exclusive_access_registrants_only:
      return "Exclusive Access - Registrants Only";
    case ReservationType::write_exclusive_all_registrants:
      return "Write Exclusive - All Registrants";
    case ReservationType::exclusive_access_all_registrants:
      return "Exclusive Access - All Registrants";
  }
  return "reserved";
}

}  // namespace scsi
