// Commands: a path for each, and their count.
//
// What the DSM remembers of a request stands in the packet's stack location of MPIO, in
// Others.Argument3, where a retried request brings it back: nothing, a choice that has not begun
// yet, or the request that has. A choice is a number, so MPIO may drop a request between choosing
// and sending without anything being left behind.
#include "windows/driver/driver.h"
#include "windows/driver/lanes.h"
#include "windows/driver/srb.h"

namespace driver {
namespace {

// Odd, and so never the address of a request: {load: 32, 0: 16, lane: 8, mark: 8}. A number that is
// neither, or of a lane that there is not, is not the DSM's and counts as nothing.
constexpr ULONG_PTR kChoiceMark = 1;
constexpr ULONG_PTR kChoiceFixed = 0xffff00ff;
constexpr ULONG_PTR kBlockAlignment = 16;  // of all that the pool gives
PVOID remember(const Choice& choice) {
  return reinterpret_cast<PVOID>((ULONG_PTR{choice.load} << 32) | (ULONG_PTR{choice.lane} << 8) |
                                 kChoiceMark);
}
Choice choice_of(PVOID remembered, const Lanes& lanes) {
  const auto number = reinterpret_cast<ULONG_PTR>(remembered);
  const Choice choice{.load = static_cast<uint32_t>(number >> 32),
                      .lane = static_cast<uint8_t>(number >> 8)};
  const bool is_ours = (number & kChoiceFixed) == kChoiceMark && choice.lane < lanes.count();
  return is_ours ? choice : Choice{.lane = lanes.here()};
}
Request* request_of(PVOID remembered) {
  const bool is_ours = reinterpret_cast<ULONG_PTR>(remembered) % kBlockAlignment == 0;
  return is_ours ? static_cast<Request*>(remembered) : nullptr;
}

// None in a device control: its code stands in that place.
PVOID* memory_of(IRP* irp, const SCSI_REQUEST_BLOCK* srb) {
  return srb != nullptr && may_have_block(irp)
             ? &irp->Tail.Overlay.CurrentStackLocation->Parameters.Others.Argument3
             : nullptr;
}

void NTAPI on_request_done(PVOID, IRP*, SCSI_REQUEST_BLOCK* srb, PVOID context) {
  Request* const request = static_cast<Request*>(context);
  if (request == nullptr) {
    return;
  }
  if (request->remembered != nullptr) {
    *request->remembered = nullptr;
  }
  request->lanes->end(*request, srb != nullptr ? ended_of(*srb) : dsm::Ended());
}

// Every lane is taken: any of the devices that the policy may choose from. MPIO keeps them while
// they are in its list. Requests differ in their addresses, and so are spread.
Choice choose_without_lane(const dsm::Lun& lun, const DSM_IDS& ids, const void* request) {
  const uint64_t word = lun.published.word.load(std::memory_order_acquire);
  const auto first = static_cast<ULONG>(reinterpret_cast<ULONG_PTR>(request) >> 6) % ids.Count;
  for (ULONG i = 0; i < ids.Count; ++i) {
    const Device& device = device_of(ids.IdList[(first + i) % ids.Count]);
    if (device.lun == &lun && (dsm::mask_of(word) & base::bit(device.slot)) != 0) {
      return {.pick = {.word = word, .slot = device.slot}, .path = device.path_number};
    }
  }
  return {};
}

PVOID path_for(Lanes& lanes, DSM_IDS* ids, SCSI_REQUEST_BLOCK* srb, NTSTATUS* status) {
  *status = STATUS_NO_SUCH_DEVICE;
  if (ids == nullptr || ids->Count == 0) {
    return nullptr;
  }
  dsm::Lun& lun = *device_of(ids->IdList[0]).lun;
  const dsm::Shape shape =
      srb != nullptr && dsm::policy_of(lun).by_shape ? shape_of(*srb) : dsm::Shape();
  PVOID* const memory = srb != nullptr ? memory_of(packet_of(*srb), srb) : nullptr;
  Request* const begun = memory != nullptr ? request_of(*memory) : nullptr;
  for (;;) {
    Choice choice;
    if (!lanes.choose(lun, shape, choice)) [[unlikely]] {
      choice = choose_without_lane(lun, *ids, srb);
    }
    if (!choice.found()) {
      return nullptr;
    }
    if (begun != nullptr) {
      // MPIO retries without a completion in between.
      if (!lanes.move(*begun, choice)) {
        continue;  // the plan has changed meanwhile
      }
    } else if (memory != nullptr) {
      *memory = remember(choice);
    }
    *status = STATUS_SUCCESS;
    return handle_of(choice.path);
  }
}

}  // namespace

PVOID NTAPI lb_get_path(PVOID context, SCSI_REQUEST_BLOCK* srb, DSM_IDS* ids, PVOID,
                        NTSTATUS* status) {
  return path_for(driver_of(context).engine.lanes(), ids, srb, status);
}

void NTAPI set_completion(PVOID context, PVOID dsm_id, IRP* irp, SCSI_REQUEST_BLOCK* srb,
                          DSM_COMPLETION_INFO* completion) {
  completion->DsmCompletionRoutine = nullptr;
  completion->DsmContext = nullptr;
  PVOID* const memory = memory_of(irp, srb);
  Lanes& lanes = driver_of(context).engine.lanes();
  const Choice choice = choice_of(memory != nullptr ? *memory : nullptr, lanes);
  Request* const request = lanes.begin(device_of(dsm_id), choice);
  if (memory != nullptr) {
    *memory = request;
  }
  if (request != nullptr) {
    request->remembered = memory;
    completion->DsmCompletionRoutine = on_request_done;
    completion->DsmContext = request;
  }
}

}  // namespace driver
