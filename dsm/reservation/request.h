// A PERSISTENT RESERVE OUT command as its client gave it: what the operation reserve_out carries
// out on the paths of a LUN.
#pragma once

#include <cstdint>

#include "scsi/persistent_reservation.h"

namespace dsm {

struct ReserveRequest {
  scsi::ReserveOutAction action = scsi::ReserveOutAction::register_key;
  scsi::ReservationType type = scsi::ReservationType::none;
  uint8_t scope = scsi::kScopeLogicalUnit;
  uint64_t key = 0;                 // RESERVATION KEY
  uint64_t service_action_key = 0;  // SERVICE ACTION RESERVATION KEY
  bool persists = false;            // APTPL
  bool all_target_ports = false;    // ALL_TG_PT
  bool unregisters = false;         // REGISTER AND MOVE: UNREG
  // The parameter list holds more than these fields (TransportIDs): the host sends the client's own
  // bytes, see Send::data_of_operation.
  bool has_more = false;
  uint32_t parameter_bytes = scsi::kReserveOutBytes;
};

// What the target has said, as far as its client needs to know.
struct TargetAnswer {
  uint8_t scsi_status = 0;
  uint8_t sense_key = 0;
  uint8_t asc = 0;
  uint8_t ascq = 0;
};

// From the CDB and the parameter list; has_more and parameter_bytes tell what else the list holds.
// False: these bytes are no such command (they are the target's to refuse, on any path).
bool read_reserve_request(base::Bytes cdb, base::Bytes list, ReserveRequest& out);

}  // namespace dsm
