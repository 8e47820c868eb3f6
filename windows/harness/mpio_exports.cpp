// The functions of mpio.sys that a DSM imports.
#include <cstdarg>
#include <cstring>
#include <vector>

#include "windows/harness/machine.h"
#include "windows/harness/mpio.h"

#define HIGHEST_IRQL(level) harness::machine().require_at_most(level, __func__)

namespace {

using harness::Mpio;

void require_context(PVOID context, const char* function) {
  if (context != Mpio::here().context()) {
    harness::fail(std::string(function) + ": not the context that registration gave");
  }
}

}  // namespace

extern "C" {

NTSTATUS NTAPI DsmGetVersion(MPIO_VERSION_INFO* version, ULONG bytes) {
  HIGHEST_IRQL(PASSIVE_LEVEL);
  if (bytes < sizeof(*version)) {
    return STATUS_BUFFER_TOO_SMALL;
  }
  *version = Mpio::here().version;
  return STATUS_SUCCESS;
}

void NTAPI DsmSendDeviceIoControlSynchronous(ULONG code, DEVICE_OBJECT* device, PVOID in, PVOID out,
                                             ULONG in_bytes, ULONG out_bytes, BOOLEAN internal,
                                             IO_STATUS_BLOCK* status) {
  HIGHEST_IRQL(PASSIVE_LEVEL);
  std::vector<uint8_t> buffer(in_bytes > out_bytes ? in_bytes : out_bytes);
  if (in_bytes != 0) {
    std::memcpy(buffer.data(), in, in_bytes);
  }
  IRP* const irp = IoAllocateIrp(static_cast<CCHAR>(device->StackSize + 1), FALSE);
  if (irp == nullptr) {
    status->Status = STATUS_INSUFFICIENT_RESOURCES;
    return;
  }
  irp->AssociatedIrp.SystemBuffer = buffer.data();
  IO_STACK_LOCATION* const next = IoGetNextIrpStackLocation(irp);
  next->MajorFunction = internal != FALSE ? IRP_MJ_INTERNAL_DEVICE_CONTROL : IRP_MJ_DEVICE_CONTROL;
  next->Parameters.DeviceIoControl.IoControlCode = code;
  next->Parameters.DeviceIoControl.InputBufferLength = in_bytes;
  next->Parameters.DeviceIoControl.OutputBufferLength = out_bytes;
  IofCallDriver(device, irp);
  *status = irp->IoStatus;
  if (NT_SUCCESS(status->Status) && status->Information != 0) {
    std::memcpy(out, buffer.data(), status->Information);
  }
  IoFreeIrp(irp);
}

NTSTATUS NTAPI DsmSendPassThroughDirect(DEVICE_OBJECT* device, SCSI_PASS_THROUGH_DIRECT* request,
                                        ULONG in_bytes, ULONG out_bytes) {
  HIGHEST_IRQL(PASSIVE_LEVEL);
  harness::PortDevice* const target = harness::PortDevice::of(device);
  const ULONG needed = request->SenseInfoOffset + request->SenseInfoLength;
  if (target == nullptr || request->Length != sizeof(*request) || in_bytes < needed ||
      out_bytes < needed || request->SenseInfoOffset < sizeof(*request)) {
    return STATUS_INVALID_PARAMETER;
  }
  return target->pass_through(*request);
}

NTSTATUS NTAPI DsmGetScsiAddress(DEVICE_OBJECT* device, SCSI_ADDRESS** address) {
  HIGHEST_IRQL(PASSIVE_LEVEL);
  const harness::PortDevice* const target = harness::PortDevice::of(device);
  if (target == nullptr) {
    return STATUS_INVALID_DEVICE_REQUEST;
  }
  constexpr ULONG kTag = 0x6153704d;  // "MpSa"
  *address =
      static_cast<SCSI_ADDRESS*>(ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(SCSI_ADDRESS), kTag));
  if (*address == nullptr) {
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  **address = target->address();
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI DsmSendRequestEx(PVOID context, DEVICE_OBJECT* device, IRP* irp, PVOID dsm_id,
                                ULONG flags) {
  HIGHEST_IRQL(DISPATCH_LEVEL);
  require_context(context, __func__);
  if (flags != DSM_CALL_COMPLETION_ON_MPIO_ERROR) {
    harness::fail("DsmSendRequestEx: a request that MPIO refuses would never end");
  }
  return Mpio::here().send_own(device, irp, dsm_id);
}

void NTAPI DsmCompleteRequest(PVOID context, PVOID dsm_id) {
  HIGHEST_IRQL(DISPATCH_LEVEL);
  require_context(context, __func__);
  Mpio::here().end_own(dsm_id);
}

void NTAPI DsmNotification(PVOID context, DSM_NOTIFICATION_TYPE type, ...) {
  HIGHEST_IRQL(DISPATCH_LEVEL);
  require_context(context, __func__);
  __builtin_ms_va_list arguments;
  __builtin_ms_va_start(arguments, type);
  const PVOID dsm_id = __builtin_va_arg(arguments, PVOID);
  __builtin_va_arg(arguments, ULONG);
  NTSTATUS* const status = __builtin_va_arg(arguments, NTSTATUS*);
  __builtin_ms_va_end(arguments);
  *status = Mpio::here().notify(type, dsm_id);
}
}
