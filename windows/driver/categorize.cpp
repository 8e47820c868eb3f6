// CategorizeRequest: who carries a request that is neither a read nor a write. PERSISTENT RESERVE
// OUT concerns all paths at once and is the DSM's own to handle; a request whose sender names the
// path goes there, and no load balancing hears of it; everything else goes down some path.
#include "scsi/opcodes.h"
#include "windows/driver/driver.h"
#include "windows/driver/pass_through.h"
#include "windows/driver/srb.h"

namespace driver {
namespace {

bool is_reserve_out(const SCSI_REQUEST_BLOCK* srb) {
  const base::Bytes cdb = srb != nullptr ? view_of(*srb).cdb : base::Bytes();
  return !cdb.empty() && cdb[0] == scsi::kPersistentReserveOut;
}

}  // namespace

ULONG NTAPI categorize_request(PVOID context, DSM_IDS* ids, IRP* irp, SCSI_REQUEST_BLOCK* srb,
                               PVOID current_path, PVOID* path_id, NTSTATUS* status) {
  *path_id = nullptr;
  srb = may_have_block(irp) ? srb : nullptr;
  if (is_reserve_out(srb)) {
    *status = STATUS_SUCCESS;
    return DSM_WILL_HANDLE;
  }
  *path_id = is_pass_through_by_path(irp) ? path_of_pass_through(ids, *irp, *status)
                                          : lb_get_path(context, srb, ids, current_path, status);
  if (*path_id != nullptr) {
    return DSM_PATH_SET;
  }
  if (srb != nullptr) {
    srb->SrbStatus = SRB_STATUS_NO_DEVICE;  // in the same place in both forms
  }
  return DSM_ERROR;
}

// Never asked for: no request is broadcast.
NTSTATUS NTAPI broadcast_srb(PVOID, DSM_IDS*, IRP*, SCSI_REQUEST_BLOCK*, KEVENT* event) {
  KeSetEvent(event, 0, FALSE);
  return STATUS_INVALID_DEVICE_REQUEST;
}

}  // namespace driver
