// See mpio.h: commands of programs that name the path.
#include <algorithm>
#include <cstring>

#include "windows/harness/entry_call.h"
#include "windows/harness/guarded_bytes.h"
#include "windows/harness/machine.h"
#include "windows/harness/mpio.h"

namespace harness {
namespace {

// The command of the sender, which its buffer is known to hold.
scsi::Cdb command_in(ULONG code, const std::vector<uint8_t>& buffer) {
  const bool narrow = machine().caller_is_32_bit;
  scsi::Cdb cdb;
  size_t from = narrow ? offsetof(SCSI_PASS_THROUGH32, Cdb) : offsetof(SCSI_PASS_THROUGH, Cdb);
  cdb.length = buffer[offsetof(SCSI_PASS_THROUGH, CdbLength)];
  if (code == IOCTL_MPIO_PASS_THROUGH_PATH_EX || code == IOCTL_MPIO_PASS_THROUGH_PATH_DIRECT_EX) {
    ULONG begin = 0;
    std::memcpy(&begin, buffer.data(), sizeof(begin));
    from = begin +
           (narrow ? offsetof(SCSI_PASS_THROUGH32_EX, Cdb) : offsetof(SCSI_PASS_THROUGH_EX, Cdb));
    cdb.length = buffer[begin + offsetof(SCSI_PASS_THROUGH_EX, CdbLength)];
  }
  cdb.length =
      static_cast<uint8_t>(std::min({size_t{cdb.length}, buffer.size() - from, cdb.bytes.size()}));
  std::copy_n(buffer.begin() + static_cast<ptrdiff_t>(from), cdb.length, cdb.bytes.begin());
  return cdb;
}

}  // namespace

Mpio::PassedThrough Mpio::pass_through(ULONG code, const std::vector<uint8_t>& buffer) {
  GuardedBytes system_buffer(buffer.size());
  std::copy(buffer.begin(), buffer.end(), system_buffer.data());
  Request request;
  IRP* const irp = request.irp;
  irp->AssociatedIrp.SystemBuffer = system_buffer.data();
  IO_STACK_LOCATION& location = *irp->Tail.Overlay.CurrentStackLocation;
  location.MajorFunction = IRP_MJ_DEVICE_CONTROL;
  location.Parameters.DeviceIoControl = {.OutputBufferLength = static_cast<ULONG>(buffer.size()),
                                         .InputBufferLength = static_cast<ULONG>(buffer.size()),
                                         .IoControlCode = code,
                                         .Type3InputBuffer = nullptr};
  PassedThrough out;
  PVOID path = nullptr;
  const ULONG answer =
      call(DISPATCH_LEVEL, "CategorizeRequest", dsm_.DsmCategorizeRequest, dsm_.DsmContext,
           ids(opened), irp, nullptr, nullptr, &path, &out.status);
  if (answer != (NT_SUCCESS(out.status) ? DSM_PATH_SET : DSM_ERROR) ||
      (path != nullptr) != NT_SUCCESS(out.status)) {
    fail("CategorizeRequest: answer, path and status contradict each other");
  }
  if (path == nullptr) {
    return out;
  }
  const Entry& entry = *find_path(path, opened);
  {
    const AtIrql dispatch_level(DISPATCH_LEVEL);
    dsm_.DsmSetCompletion(dsm_.DsmContext, entry.dsm_id, irp, nullptr, &request.completion);
  }
  if (location.Parameters.DeviceIoControl.IoControlCode != code) {
    fail("SetCompletion has written over a device control's code");
  }
  out.device = entry.device;
  const scsi::Cdb cdb = command_in(code, buffer);
  SCSI_PASS_THROUGH_DIRECT command{};
  command.Length = sizeof(command);
  command.CdbLength = cdb.length;
  std::copy_n(cdb.bytes.begin(), sizeof(command.Cdb), command.Cdb);
  entry.device->pass_through(command);
  out.scsi_status = command.ScsiStatus;
  if (request.completion.DsmCompletionRoutine != nullptr) {
    const AtIrql dispatch_level(DISPATCH_LEVEL);
    request.completion.DsmCompletionRoutine(nullptr, irp, nullptr, request.completion.DsmContext);
  }
  return out;
}

}  // namespace harness
