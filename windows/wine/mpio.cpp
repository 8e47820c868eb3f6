// The driver: its control device, what it exports (all that windows/driver/mpio.def lists), and who
// asks for what.
#include <cstring>

#include "windows/driver/text.h"
#include "windows/wine/stand_in.h"

namespace stand_in {

Registration the_registration;
DEVICE_OBJECT* the_control = nullptr;

namespace {

constexpr WCHAR kDeviceName[] = KERNEL_TEXT("\\Device\\MPIOControl");
DRIVER_OBJECT* the_driver = nullptr;

NTSTATUS finish(IRP* irp, NTSTATUS status, size_t bytes) {
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = bytes;
  IofCompleteRequest(irp, 0);
  return status;
}

NTSTATUS NTAPI on_open_or_close(DEVICE_OBJECT*, IRP* irp) {
  return finish(irp, STATUS_SUCCESS, 0);
}

void report_whether_gone(Report& report) {
  report.check(the_registration.was_deregistered && !the_registration.registered,
               "the driver has deregistered");
  report.check(the_registration.unload_status == STATUS_SUCCESS, "DsmUnload succeeds");
}

NTSTATUS NTAPI on_control(DEVICE_OBJECT*, IRP* irp) {
  const auto& parameters = irp->Tail.Overlay.CurrentStackLocation->Parameters.DeviceIoControl;
  Report report(static_cast<char*>(irp->AssociatedIrp.SystemBuffer), parameters.OutputBufferLength);
  switch (parameters.IoControlCode) {
    case kRunContract:
      run_contract(report);
      return finish(irp, STATUS_SUCCESS, report.size());
    case kAskWhetherGone:
      report_whether_gone(report);
      return finish(irp, STATUS_SUCCESS, report.size());
    default:
      return finish(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
  }
}

NTSTATUS take_registration(const void* data, ULONG bytes) {
  if (the_registration.registered || bytes > sizeof(the_registration.dsm)) {
    return STATUS_INVALID_PARAMETER;
  }
  the_registration = {};
  std::memcpy(&the_registration.dsm, data, bytes);
  the_registration.bytes = bytes;
  the_registration.registered = true;
  return STATUS_SUCCESS;
}

NTSTATUS end_registration(const DSM_DEREGISTER_DATA& data) {
  if (!the_registration.registered || data.DsmContext != the_registration.dsm.DsmContext) {
    return STATUS_INVALID_PARAMETER;
  }
  the_registration.registered = false;
  the_registration.was_deregistered = true;
  the_registration.unload_status = the_registration.dsm.DsmUnload(data.DsmContext);
  return STATUS_SUCCESS;
}

void NTAPI unload(DRIVER_OBJECT*) {
  stop_filling_gaps();
  UNICODE_STRING link = driver::text_of(kMpioControlObject);
  IoDeleteSymbolicLink(&link);
  IoDeleteDevice(the_control);
}

}  // namespace

PVOID mpio_context() {
  return &the_registration;
}

DEVICE_OBJECT* make_lun(const char* product) {
  constexpr ULONG kProductBytes = 16;
  DEVICE_OBJECT* lun = nullptr;
  if (!NT_SUCCESS(IoCreateDevice(the_driver, kProductBytes, nullptr, FILE_DEVICE_UNKNOWN, 0, FALSE,
                                 &lun))) {
    return nullptr;
  }
  std::memcpy(lun->DeviceExtension, product, kProductBytes);
  return lun;
}

}  // namespace stand_in

using stand_in::the_registration;

extern "C" {

NTSTATUS NTAPI DsmGetVersion(MPIO_VERSION_INFO* version, ULONG bytes) {
  if (bytes < sizeof(*version)) {
    return STATUS_BUFFER_TOO_SMALL;
  }
  *version = {10, 0, 17763, 0};
  return STATUS_SUCCESS;
}

// Its own device is the only one that a DSM has reason to name.
void NTAPI DsmSendDeviceIoControlSynchronous(ULONG code, DEVICE_OBJECT* device, PVOID in, PVOID out,
                                             ULONG in_bytes, ULONG out_bytes, BOOLEAN internal,
                                             IO_STATUS_BLOCK* status) {
  status->Information = 0;
  status->Status = STATUS_INVALID_DEVICE_REQUEST;
  if (device != stand_in::the_control || internal == FALSE) {
    return;
  }
  if (code == IOCTL_MPDSM_REGISTER && out_bytes >= sizeof(DSM_MPIO_CONTEXT)) {
    status->Status = stand_in::take_registration(in, in_bytes);
    static_cast<DSM_MPIO_CONTEXT*>(out)->MPIOContext = stand_in::mpio_context();
    status->Information = sizeof(DSM_MPIO_CONTEXT);
  } else if (code == IOCTL_MPDSM_DEREGISTER && in_bytes == sizeof(DSM_DEREGISTER_DATA)) {
    status->Status = stand_in::end_registration(*static_cast<DSM_DEREGISTER_DATA*>(in));
  }
}

NTSTATUS NTAPI DsmSendPassThroughDirect(DEVICE_OBJECT* device, SCSI_PASS_THROUGH_DIRECT* request,
                                        ULONG, ULONG) {
  request->DataTransferLength = stand_in::answer_inquiry(
      *device, request->Cdb, static_cast<UCHAR*>(request->DataBuffer), request->DataTransferLength);
  request->ScsiStatus = 0;
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI DsmGetScsiAddress(DEVICE_OBJECT*, SCSI_ADDRESS** address) {
  constexpr ULONG kTag = 0x6153704d;  // "MpSa"
  *address =
      static_cast<SCSI_ADDRESS*>(ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(SCSI_ADDRESS), kTag));
  if (*address == nullptr) {
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  **address = {sizeof(SCSI_ADDRESS), 2, 0, 3, 0};
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI DsmSendRequestEx(PVOID, DEVICE_OBJECT* device, IRP* irp, PVOID, ULONG) {
  return IofCallDriver(device, irp);
}

// MPIO keeps account of the requests that a DSM has sent itself; nobody asks for it here.
void NTAPI DsmCompleteRequest(PVOID, PVOID) {}

// Nothing is held back here: there are no clients but the contract, which waits for each answer.
void NTAPI DsmNotification(PVOID, DSM_NOTIFICATION_TYPE type, ...) {
  if (type < ThrottleIO_V2) {
    return;
  }
  // All of the second form have the status in the same place.
  __builtin_va_list arguments;
  __builtin_va_start(arguments, type);
  static_cast<void>(__builtin_va_arg(arguments, PVOID));
  static_cast<void>(__builtin_va_arg(arguments, PVOID));
  *__builtin_va_arg(arguments, NTSTATUS*) = STATUS_SUCCESS;
  __builtin_va_end(arguments);
}

NTSTATUS NTAPI DriverEntry(DRIVER_OBJECT* object, UNICODE_STRING*) {
  stand_in::the_driver = object;
  object->DriverUnload = stand_in::unload;
  object->MajorFunction[IRP_MJ_CREATE] = stand_in::on_open_or_close;
  object->MajorFunction[IRP_MJ_CLOSE] = stand_in::on_open_or_close;
  object->MajorFunction[IRP_MJ_DEVICE_CONTROL] = stand_in::on_control;
  object->MajorFunction[IRP_MJ_SCSI] = stand_in::on_scsi;
  UNICODE_STRING name = driver::text_of(stand_in::kDeviceName);
  UNICODE_STRING link = driver::text_of(kMpioControlObject);
  NTSTATUS status =
      IoCreateDevice(object, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &stand_in::the_control);
  if (NT_SUCCESS(status)) {
    status = IoCreateSymbolicLink(&link, &name);
  }
  return NT_SUCCESS(status) && !stand_in::fill_gaps() ? STATUS_UNSUCCESSFUL : status;
}
}
