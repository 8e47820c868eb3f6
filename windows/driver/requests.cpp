// Commands: a path for each, and their count.
//
// What the DSM remembers of a request stands in the packet's stack location of MPIO, in
// Others.Argument3, where a retried request brings it back: nothing, a choice that has not begun
// yet, or the request that has. A choice is a number, so MPIO may drop a request between choosing
// and sending without anything being left behind.
#include "windows/driver/driver.h"
#include "windows/driver/pool.h"
#include "windows/driver/srb.h"

namespace driver {
namespace {

struct Request {
  Engine* engine = nullptr;
  dsm::Token token;
  PVOID* remembered = nullptr;
};

// Odd, and so never the address of a request.
constexpr ULONG_PTR kChoiceMark = 1;
PVOID remember_choice(uint32_t load) {
  return reinterpret_cast<PVOID>((ULONG_PTR{load} << 32) | kChoiceMark);
}
bool is_choice(PVOID remembered) {
  return (reinterpret_cast<ULONG_PTR>(remembered) & kChoiceMark) != 0;
}
uint32_t load_of(PVOID remembered) {
  return is_choice(remembered)
             ? static_cast<uint32_t>(reinterpret_cast<ULONG_PTR>(remembered) >> 32)
             : 0;
}
Request* request_of(PVOID remembered) {
  return is_choice(remembered) ? nullptr : static_cast<Request*>(remembered);
}

// None in a device control: its code stands in that place.
PVOID* memory_of(IRP* irp) {
  IO_STACK_LOCATION* const location =
      irp != nullptr ? irp->Tail.Overlay.CurrentStackLocation : nullptr;
  return location == nullptr || location->MajorFunction != IRP_MJ_SCSI
             ? nullptr
             : &location->Parameters.Others.Argument3;
}

dsm::Ended ended_of(const SCSI_REQUEST_BLOCK* srb) {
  dsm::Ended ended;
  if (srb != nullptr) {
    const RequestView view = view_of(*srb);
    ended.bytes = view.bytes;
    ended.direction = dsm::direction_of(view.cdb);
    ended.ok = (view.srb_status & SRB_STATUS_MASK) == SRB_STATUS_SUCCESS;
  }
  return ended;
}

void NTAPI on_request_done(PVOID, IRP*, SCSI_REQUEST_BLOCK* srb, PVOID context) {
  Request* const request = static_cast<Request*>(context);
  if (request == nullptr) {
    return;
  }
  if (request->remembered != nullptr) {
    *request->remembered = nullptr;
  }
  request->engine->complete(request->token, ended_of(srb));
  release_block(request, kRequestTag);
}

PVOID path_for(Engine& engine, DSM_IDS* ids, SCSI_REQUEST_BLOCK* srb, NTSTATUS* status) {
  *status = STATUS_NO_SUCH_DEVICE;
  if (ids == nullptr || ids->Count == 0) {
    return nullptr;
  }
  const RequestView view = srb != nullptr ? view_of(*srb) : RequestView();
  dsm::Lun& lun = *device_of(ids->IdList[0]).lun;
  PVOID* const memory = memory_of(view.irp);
  Request* const begun = memory != nullptr ? request_of(*memory) : nullptr;
  for (;;) {
    dsm::PathId path = 0;
    uint32_t load = 0;
    const dsm::Pick pick = engine.choose(lun, shape_of(view), path, load);
    if (!pick.found()) {
      return nullptr;
    }
    if (begun != nullptr) {
      // MPIO retries without a completion in between.
      if (!engine.move(begun->token, pick, load)) {
        continue;  // the plan has changed meanwhile
      }
    } else if (memory != nullptr) {
      *memory = remember_choice(load);
    }
    *status = STATUS_SUCCESS;
    return handle_of(path);
  }
}

}  // namespace

PVOID NTAPI lb_get_path(PVOID context, SCSI_REQUEST_BLOCK* srb, DSM_IDS* ids, PVOID,
                        NTSTATUS* status) {
  return path_for(driver_of(context).engine, ids, srb, status);
}

void NTAPI set_completion(PVOID context, PVOID dsm_id, IRP* irp, SCSI_REQUEST_BLOCK*,
                          DSM_COMPLETION_INFO* completion) {
  completion->DsmCompletionRoutine = nullptr;
  completion->DsmContext = nullptr;
  PVOID* const memory = memory_of(irp);
  const uint32_t load = memory != nullptr ? load_of(*memory) : 0;
  if (memory != nullptr) {
    *memory = nullptr;
  }
  // Without memory, or down a path that is being removed, the command runs uncounted.
  Request* const request = allocate<Request>(kRequestTag);
  if (request == nullptr) {
    return;
  }
  request->engine = &driver_of(context).engine;
  if (!request->engine->begin(request->token, device_of(dsm_id), load)) {
    release_block(request, kRequestTag);
    return;
  }
  request->remembered = memory;
  if (memory != nullptr) {
    *memory = request;
  }
  completion->DsmCompletionRoutine = on_request_done;
  completion->DsmContext = request;
}

}  // namespace driver
