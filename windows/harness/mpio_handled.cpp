// See mpio.h: requests that are neither reads nor writes, and those that the DSM handles itself.
#include <algorithm>
#include <string>
#include <utility>

#include "windows/harness/entry_call.h"
#include "windows/harness/machine.h"
#include "windows/harness/mpio.h"

namespace harness {
namespace {

// What must be true of a request that the DSM has handled.
void check_handled(Request& request, NTSTATUS status, ULONG bytes) {
  const RequestFields answer = fields_of(*request.block());
  const UCHAR srb_status = SRB_STATUS(*answer.srb_status);
  const IO_STATUS_BLOCK& io = request.irp->IoStatus;
  if (io.Status != status) {
    fail("SrbDeviceControl: the packet's status is not the one returned");
  }
  if (srb_status == SRB_STATUS_PENDING) {
    fail("SrbDeviceControl left the request block pending");
  }
  if (NT_SUCCESS(status) != (srb_status == SRB_STATUS_SUCCESS)) {
    fail("SrbDeviceControl: packet and request block contradict each other");
  }
  if (NT_SUCCESS(status) ? io.Information != *answer.data_bytes : io.Information != 0) {
    fail("SrbDeviceControl: Information is not what was transferred");
  }
  if (*answer.data_bytes > bytes) {
    fail("SrbDeviceControl: more was transferred than there was room for");
  }
  constexpr UCHAR kCheckCondition = 2;
  if ((*answer.srb_status & SRB_STATUS_AUTOSENSE_VALID) != 0 &&
      *answer.scsi_status != kCheckCondition) {
    fail("SrbDeviceControl: sense data without CHECK CONDITION");
  }
  if (request.irp->CurrentLocation != 2) {
    fail("SrbDeviceControl has completed the packet, which is MPIO's to complete");
  }
}

}  // namespace

void Mpio::command(Request& request, const scsi::Cdb& cdb, const std::vector<uint8_t>& data_out,
                   size_t data_in_bytes) {
  request.data = data_out;
  request.data.resize(std::max(data_out.size(), data_in_bytes));
  request.set_command(cdb, !data_out.empty()    ? SRB_FLAGS_DATA_OUT
                           : data_in_bytes != 0 ? SRB_FLAGS_DATA_IN
                                                : 0);
  command(request);
}

void Mpio::command(Request& request) {
  request.categorized = true;
  start(request);
}

PVOID Mpio::categorized_path_for(Request& request) {
  PVOID path = nullptr;
  NTSTATUS status = STATUS_UNSUCCESSFUL;
  const ULONG answer =
      call(DISPATCH_LEVEL, "CategorizeRequest", dsm_.DsmCategorizeRequest, dsm_.DsmContext,
           ids(request.disk), request.irp, request.block(), request.path, &path, &status);
  if ((path != nullptr) != (answer == DSM_PATH_SET)) {
    fail("CategorizeRequest: answer and path contradict each other");
  }
  if (answer == DSM_WILL_HANDLE && ignores_will_handle) {
    path = path_for(request);
    if (path == nullptr) {
      wait_for_path(request);
    }
    return path;
  }
  if (answer == DSM_WILL_HANDLE && resumes_at_passive_) {
    let_dsm_handle(request);
  } else if (answer == DSM_WILL_HANDLE) {
    machine().workers.start([this, &request] { let_dsm_handle(request); });
  } else if (answer == DSM_ERROR) {
    if (NT_SUCCESS(status) || request.block()->SrbStatus == SRB_STATUS_PENDING) {
      fail("CategorizeRequest: an error that neither status nor request block tell");
    }
    if (status == STATUS_NO_SUCH_DEVICE) {
      wait_for_path(request);
    } else {
      finish(request, status);
    }
  } else if (answer != DSM_PATH_SET) {
    fail("CategorizeRequest: " + std::to_string(answer) + " is no answer to this request");
  }
  return path;
}

// In a thread that may wait, as the DSM's routine does.
void Mpio::let_dsm_handle(Request& request) {
  KEVENT event;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  request.irp->IoStatus = {};
  if (forget_handled_event) {
    machine().mutations.deaf_event = &event;
  }
  const ULONG bytes = *fields_of(*request.block()).data_bytes;
  NTSTATUS status = call(PASSIVE_LEVEL, "SrbDeviceControl", dsm_.DsmSrbDeviceControl,
                         dsm_.DsmContext, ids(request.disk), request.irp, request.block(), &event);
  if (status == STATUS_PENDING) {
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, nullptr);
    status = request.irp->IoStatus.Status;
  } else if (event.Header.SignalState == 0) {
    fail("SrbDeviceControl is over and has not set its event");
  }
  check_handled(request, status, bytes);
  finish(request, status);
}

}  // namespace harness
