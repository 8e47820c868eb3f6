// SCSI request blocks of both forms, read as one.
#pragma once

#include "base/bytes.h"
#include "dsm/select.h"
#include "dsm/verdict.h"
#include "windows/abi/kernel.h"

namespace driver {

// Views into a request block, of whichever form it is.
struct RequestView {
  base::Bytes cdb;  // empty: not a SCSI command, or a form that is not known
  uint32_t bytes = 0;
  uint8_t srb_status = 0;
  uint8_t scsi_status = 0;
  base::Bytes sense;  // empty unless the block says that it is valid
};
RequestView view_of(const SCSI_REQUEST_BLOCK& srb);
// Only its packet.
inline IRP* packet_of(const SCSI_REQUEST_BLOCK& srb) {
  return static_cast<IRP*>(srb.Function == SRB_FUNCTION_STORAGE_REQUEST_BLOCK
                               ? reinterpret_cast<const STORAGE_REQUEST_BLOCK&>(srb).OriginalRequest
                               : srb.OriginalRequest);
}

// Only such a packet has a request block, if it has one: an internal device control has the same
// function code.
inline bool may_have_block(const IRP* irp) {
  const IO_STACK_LOCATION* const location =
      irp != nullptr ? irp->Tail.Overlay.CurrentStackLocation : nullptr;
  return location != nullptr && location->MajorFunction == IRP_MJ_SCSI;
}

// As the block names it: with an MDL, an address of its sender's.
PVOID data_buffer_of(const SCSI_REQUEST_BLOCK& srb);

// How a request has ended that never went to a port driver as it is.
struct RequestAnswer {
  uint8_t srb_status = 0;  // without SRB_STATUS_AUTOSENSE_VALID: that follows from the rest
  uint8_t scsi_status = 0;
  base::Bytes sense;
  uint32_t bytes = 0;  // transferred
};
// Sense data are cut to the sender's buffer, and left out where the sender wants none.
void put_answer(SCSI_REQUEST_BLOCK& srb, const RequestAnswer& answer);

// What a policy may look at.
dsm::Shape shape_of(const SCSI_REQUEST_BLOCK& srb);
// How the request has ended, for the counters.
dsm::Ended ended_of(const SCSI_REQUEST_BLOCK& srb);

struct RequestOutcome {
  dsm::TransportOutcome transport = dsm::TransportOutcome::delivered;
  uint8_t scsi_status = 0;
  base::Bytes sense;
};
// A packet's status that means this, whatever its request block says.
bool says_no_device(NTSTATUS status);
// `status`: of the packet, for what never became a request to the adapter.
RequestOutcome outcome_of(const SCSI_REQUEST_BLOCK& srb, NTSTATUS status);

}  // namespace driver
