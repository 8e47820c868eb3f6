// See mpio.h: requests that the DSM has built itself. MPIO holds references for each that it takes,
// until the DSM says that it has ended.
#include <algorithm>

#include "windows/harness/machine.h"
#include "windows/harness/mpio.h"

namespace harness {

NTSTATUS Mpio::send_own(DEVICE_OBJECT* device, IRP* irp, PVOID dsm_id) {
  const bool known = std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.dsm_id == dsm_id && entry.device->object() == device;
  });
  if (!known || refuses_requests != 0) {
    refuses_requests -= refuses_requests != 0 ? 1 : 0;
    irp->IoStatus.Status = STATUS_NO_SUCH_DEVICE;
    // The completion routine is called all the same: the DSM has asked for that.
    --irp->CurrentLocation;
    --irp->Tail.Overlay.CurrentStackLocation;
    complete_request(irp);
    return STATUS_NO_SUCH_DEVICE;
  }
  ++own_requests_[dsm_id];
  const NTSTATUS status = IofCallDriver(device, irp);
  if (!NT_SUCCESS(status)) {
    --own_requests_[dsm_id];
  }
  return status;
}

void Mpio::end_own(PVOID dsm_id) {
  if (forget_completions) {
    return;
  }
  if (own_requests_[dsm_id] == 0) {
    fail("DsmCompleteRequest: no request of this device is under way");
  }
  --own_requests_[dsm_id];
}

}  // namespace harness
