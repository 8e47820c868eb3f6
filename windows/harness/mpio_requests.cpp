// See mpio.h: requests, and what becomes of those that fail.
#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "scsi/cdb.h"
#include "scsi/opcodes.h"
#include "windows/harness/machine.h"
#include "windows/harness/mpio.h"

namespace harness {
namespace {

constexpr uint32_t kBlockBytes = 512;

void NTAPI not_replaced(PVOID, IRP*, SCSI_REQUEST_BLOCK*, PVOID) {
  fail("SetCompletion left what stood there before");
}

}  // namespace

Request::Request() {
  irp->StackCount = 2;
  irp->CurrentLocation = 2;  // the class driver has called MPIO
  irp->Tail.Overlay.CurrentStackLocation = reinterpret_cast<IO_STACK_LOCATION*>(irp + 1) + 1;
  irp->Tail.Overlay.CurrentStackLocation->MajorFunction = IRP_MJ_SCSI;
  irp->Tail.Overlay.CurrentStackLocation->Parameters.Scsi.Srb = &srb;
  srb.Length = sizeof(srb);
  srb.SenseInfoBuffer = sense;
  srb.SenseInfoBufferLength = sizeof(sense);
  srb.OriginalRequest = irp;
}

Request::~Request() {
  machine().clock.cancel(again);
}

void Request::set_command(const scsi::Cdb& cdb, ULONG direction) {
  std::copy(cdb.bytes.begin(), cdb.bytes.end(), srb.Cdb);
  srb.CdbLength = cdb.length;
  srb.SrbFlags = direction;
  srb.DataBuffer = data.data();
  srb.DataTransferLength = static_cast<ULONG>(data.size());
}

void Request::on_time(void* context) {
  Mpio::here().dispatch(*static_cast<Request*>(context));
}

void Mpio::read(Request& request, uint64_t lba, uint32_t blocks) {
  request.data.assign(blocks * kBlockBytes, 0);
  send(request, scsi::make_read(lba, blocks), SRB_FLAGS_DATA_IN);
}

void Mpio::write(Request& request, uint64_t lba, uint32_t blocks, uint8_t fill) {
  request.data.assign(blocks * kBlockBytes, fill);
  send(request, scsi::make_write(lba, blocks), SRB_FLAGS_DATA_OUT);
}

void Mpio::send(Request& request, const scsi::Cdb& cdb, ULONG direction) {
  request.set_command(cdb, direction);
  request.categorized = false;
  start(request);
}

void Mpio::start(Request& request) {
  request.done = false;
  request.counted = false;
  request.retries = 0;
  request.waits_since = 0;
  request.completion = {not_replaced, nullptr};
  request.irp->Tail.Overlay.CurrentStackLocation->Parameters.Others.Argument3 = nullptr;
  dispatch(request);
}

void Mpio::choose_only(SCSI_REQUEST_BLOCK* srb) {
  NTSTATUS status = STATUS_UNSUCCESSFUL;
  const AtIrql dispatch_level(DISPATCH_LEVEL);
  if (dsm_.DsmLBGetPath(dsm_.DsmContext, srb, ids(opened), nullptr, &status) == nullptr) {
    fail("LBGetPath finds no path");
  }
}

Mpio::Verdict Mpio::interpret(PortDevice& device, Request& request, NTSTATUS status) {
  // What stood there before is not the DSM's answer.
  BOOLEAN retry = TRUE;
  Verdict verdict{.interval_s = MAXLONG};
  const AtIrql dispatch_level(DISPATCH_LEVEL);
  verdict.mask = dsm_.DsmInterpretErrorEx(dsm_.DsmContext, find(device)->dsm_id, request.block(),
                                          &status, &retry, &verdict.interval_s);
  verdict.retry = retry != FALSE;
  return verdict;
}

void Mpio::run(Request& request) {
  machine().wait_until([&request] { return request.done; }, "a request of MPIO");
}

PVOID Mpio::path_for(Request& request) {
  NTSTATUS status = STATUS_UNSUCCESSFUL;
  const PVOID path =
      dsm_.DsmLBGetPath(dsm_.DsmContext, request.block(), ids(request.disk), request.path, &status);
  if ((path != nullptr) != NT_SUCCESS(status)) {
    fail("LBGetPath: path and status contradict each other");
  }
  return path;
}

// Also of a retry: then without SetCompletion.
void Mpio::dispatch(Request& request) {
  if (throttled_.contains(request.disk) || !failed_paths_.empty()) {
    held_.push_back(&request);
    return;
  }
  const AtIrql dispatch_level(DISPATCH_LEVEL);
  request.srb.SrbStatus = SRB_STATUS_PENDING;
  request.srb.ScsiStatus = 0;
  request.srb.DataTransferLength = static_cast<ULONG>(request.data.size());
  if (request.extended) {
    extend(request.srb, request.extended_block);
  }
  if (request.categorized && !request.counted) {
    request.path = categorized_path_for(request);
    if (request.path == nullptr) {
      return;  // the DSM handles it, or has refused it
    }
  } else {
    request.path = path_for(request);
  }
  Entry* const entry = request.path != nullptr ? find_path(request.path, request.disk) : nullptr;
  if (entry == nullptr) {
    wait_for_path(request);
    return;
  }
  if (entry->is_pending) {
    fail("LBGetPath chooses a device that is being removed");
  }
  request.waits_since = 0;
  request.arrival = entry->arrival;
  request.device = entry->device;
  if (!request.counted) {
    request.counted = true;
    dsm_.DsmSetCompletion(dsm_.DsmContext, entry->dsm_id, request.irp, request.block(),
                          &request.completion);
  }
  IO_STACK_LOCATION* const below = IoGetNextIrpStackLocation(request.irp);
  *below = {};
  below->MajorFunction = IRP_MJ_SCSI;
  below->Parameters.Scsi.Srb = request.block();
  IoSetCompletionRoutine(request.irp, on_lower_done, &request, true, true, true);
  IofCallDriver(entry->device->object(), request.irp);
}

NTSTATUS NTAPI Mpio::on_lower_done(DEVICE_OBJECT*, IRP*, PVOID context) {
  here().on_request_done(*static_cast<Request*>(context));
  return STATUS_MORE_PROCESSING_REQUIRED;
}

void Mpio::on_request_done(Request& request) {
  NTSTATUS status = request.irp->IoStatus.Status;
  Entry* const entry = find_path(request.path, request.disk);
  const bool is_there = entry != nullptr && entry->arrival == request.arrival;
  const UCHAR srb_status = SRB_STATUS(request.block()->SrbStatus);
  if (srb_status == SRB_STATUS_SUCCESS || (!is_there && patience.no_path_ns == 0)) {
    finish(request, status);
    return;
  }
  if (!is_there) {
    // The DSM cannot be asked about a device that it has let go of. A conflict is the target's
    // word.
    const bool conflict = srb_status == SRB_STATUS_ERROR &&
                          *fields_of(*request.block()).scsi_status == scsi::kReservationConflict;
    conflict ? finish(request, status) : again(request, 0);
    return;
  }
  if (sabotage.swallows_errors && (request.srb.SrbFlags & SRB_FLAGS_DATA_OUT) != 0 &&
      ++failures_ % 10 == 0) {
    request.block()->SrbStatus = SRB_STATUS_SUCCESS;
    finish(request, STATUS_SUCCESS);
    return;
  }
  BOOLEAN retry = FALSE;
  LONG interval_s = MAXLONG;
  const ULONG mask = dsm_.DsmInterpretErrorEx(dsm_.DsmContext, entry->dsm_id, request.block(),
                                              &status, &retry, &interval_s);
  if ((mask & DSM_FATAL_ERROR) != 0) {
    on_fatal(request);
  } else if (retry != FALSE) {
    request.retries += (mask & DSM_RETRY_DONT_DECREMENT) != 0 ? 0 : 1;
    if (request.retries > patience.retries) {
      finish(request, status);
      return;
    }
    constexpr uint64_t kNsPerS = 1'000'000'000;
    again(request,
          interval_s == MAXLONG ? patience.retry_ns : static_cast<uint64_t>(interval_s) * kNsPerS);
  } else {
    finish(request, status);
  }
}

void Mpio::again(Request& request, uint64_t delay_ns) {
  machine().clock.arm_after(request.again, delay_ns);
}

void Mpio::finish(Request& request, NTSTATUS status) {
  const bool forgotten = sabotage.forgets_completions && ++completions_ % 40 == 0;
  if (request.counted && request.completion.DsmCompletionRoutine != nullptr && !forgotten) {
    const AtIrql dispatch_level(DISPATCH_LEVEL);
    // A DSM of type 3 and later bears that its id is not told.
    request.completion.DsmCompletionRoutine(nullptr, request.irp, request.block(),
                                            request.completion.DsmContext);
  }
  request.status = status;
  request.done = true;
  if (request.ended != nullptr) {
    request.ended(request);
  }
}

NTSTATUS Mpio::notify(DSM_NOTIFICATION_TYPE type, PVOID dsm_id) {
  if (!machine().threads.at_home()) {
    fail("DsmNotification: on a thread on which the stand-in cannot take it");
  }
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [dsm_id](const Entry& entry) { return entry.dsm_id == dsm_id; });
  if (found == entries_.end() && dsm_id != going_.dsm_id) {
    fail("DsmNotification: names a device that MPIO does not know");
  }
  const unsigned disk = found != entries_.end() ? found->disk : going_.disk;
  if (type == ThrottleIO_V2) {
    ++throttles;
    throttled_.insert(disk);
  } else if (type == ResumeIO_V2) {
    ++resumes;
    if (!throttled_.contains(disk)) {
      fail("DsmNotification: resumes what is not throttled");
    }
    if (!sabotage.forgets_resume) {
      throttled_.erase(disk);
    }
    const bool before = std::exchange(resumes_at_passive_, machine().irql() == PASSIVE_LEVEL);
    dispatch_all(held_);
    resumes_at_passive_ = before;
  }
  return STATUS_SUCCESS;
}

}  // namespace harness
