// See pass_through.h. The sender is a program: no length and no offset of its is believed. Its own
// command is MPIO's to send; here only the path is read.
#include "windows/driver/pass_through.h"

#include <cstring>

namespace driver {
namespace {

// The path that is wanted: by its number, or as port, bus and target.
struct Wanted {
  UCHAR flags = 0;
  uint64_t path = 0;
  UCHAR port = 0;
  UCHAR bus = 0;
  UCHAR target = 0;
};

// Offsets need not be aligned, and their sums need more than 32 bits.
template <typename T>
bool read_at(base::Bytes buffer, uint64_t offset, T& out) {
  if (offset > buffer.size() || buffer.size() - offset < sizeof(T)) {
    return false;
  }
  std::memcpy(&out, buffer.data() + offset, sizeof(T));
  return true;
}

template <typename Request>
NTSTATUS read_request(base::Bytes buffer, Wanted& out) {
  Request request;
  if (!read_at(buffer, 0, request)) {
    return STATUS_BUFFER_TOO_SMALL;
  }
  out = {request.Flags, request.MpioPathId, request.PortNumber, request.PassThrough.PathId,
         request.PassThrough.TargetId};
  return STATUS_SUCCESS;
}

template <typename Command>
NTSTATUS read_extended_request(base::Bytes buffer, Wanted& out) {
  MPIO_PASS_THROUGH_PATH_EX request;
  if (!read_at(buffer, 0, request)) {
    return STATUS_BUFFER_TOO_SMALL;
  }
  const uint64_t begin = request.PassThroughOffset;
  Command command;
  if (begin < sizeof(request) || !read_at(buffer, begin, command)) {
    return STATUS_INVALID_PARAMETER;
  }
  out = {.flags = request.Flags, .path = request.MpioPathId, .port = request.PortNumber};
  if ((request.Flags & MPIO_IOCTL_FLAG_USE_SCSIADDRESS) == 0) {
    return STATUS_SUCCESS;
  }
  // Its fields end before its alignment does.
  constexpr ULONG kFields =
      offsetof(STOR_ADDR_BTL8, AddressLength) + sizeof(ULONG) + STOR_ADDR_BTL8_ADDRESS_LENGTH;
  uint8_t fields[kFields];
  if (command.StorAddressLength < kFields || command.StorAddressOffset < sizeof(Command) ||
      !read_at(buffer, begin + command.StorAddressOffset, fields)) {
    return STATUS_INVALID_PARAMETER;
  }
  STOR_ADDR_BTL8 address{};
  std::memcpy(&address, fields, kFields);
  if (address.Type != STOR_ADDRESS_TYPE_BTL8 ||
      address.AddressLength != STOR_ADDR_BTL8_ADDRESS_LENGTH) {
    return STATUS_INVALID_PARAMETER;
  }
  out.bus = address.Path;
  out.target = address.Target;
  return STATUS_SUCCESS;
}

NTSTATUS read_wanted(IRP& irp, Wanted& out) {
  const auto& parameters = irp.Tail.Overlay.CurrentStackLocation->Parameters.DeviceIoControl;
  const auto* const data = static_cast<const uint8_t*>(irp.AssociatedIrp.SystemBuffer);
  const base::Bytes buffer(data, data != nullptr ? parameters.InputBufferLength : 0);
  const bool is_32_bit = IoIs32bitProcess(&irp) != FALSE;
  switch (parameters.IoControlCode) {
    case IOCTL_MPIO_PASS_THROUGH_PATH_EX:
    case IOCTL_MPIO_PASS_THROUGH_PATH_DIRECT_EX:
      return is_32_bit ? read_extended_request<SCSI_PASS_THROUGH32_EX>(buffer, out)
                       : read_extended_request<SCSI_PASS_THROUGH_EX>(buffer, out);
    default:
      return is_32_bit ? read_request<MPIO_PASS_THROUGH_PATH32>(buffer, out)
                       : read_request<MPIO_PASS_THROUGH_PATH>(buffer, out);
  }
}

}  // namespace

bool is_pass_through_by_path(const IRP* irp) {
  const IO_STACK_LOCATION* const location =
      irp != nullptr ? irp->Tail.Overlay.CurrentStackLocation : nullptr;
  if (location == nullptr || location->MajorFunction != IRP_MJ_DEVICE_CONTROL) {
    return false;
  }
  switch (location->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_MPIO_PASS_THROUGH_PATH:
    case IOCTL_MPIO_PASS_THROUGH_PATH_DIRECT:
    case IOCTL_MPIO_PASS_THROUGH_PATH_EX:
    case IOCTL_MPIO_PASS_THROUGH_PATH_DIRECT_EX:
      return true;
    default:
      return false;
  }
}

PVOID path_of_pass_through(const DSM_IDS* ids, IRP& irp, NTSTATUS& status) {
  Wanted wanted;
  status = read_wanted(irp, wanted);
  if (!NT_SUCCESS(status)) {
    return nullptr;
  }
  status = STATUS_INVALID_PARAMETER;
  constexpr UCHAR kEither = MPIO_IOCTL_FLAG_USE_PATHID | MPIO_IOCTL_FLAG_USE_SCSIADDRESS;
  switch (wanted.flags & kEither) {
    case MPIO_IOCTL_FLAG_USE_PATHID:
      break;
    case MPIO_IOCTL_FLAG_USE_SCSIADDRESS:
      wanted.path = path_number_of(wanted.port, wanted.bus, wanted.target);
      break;
    default:
      return nullptr;
  }
  for (ULONG i = 0; ids != nullptr && i < ids->Count; ++i) {
    const Device& device = *static_cast<const Device*>(ids->IdList[i]);
    if (device.path_number == wanted.path) {
      status = STATUS_SUCCESS;
      return handle_of(device.path_number);
    }
  }
  return nullptr;
}

}  // namespace driver
