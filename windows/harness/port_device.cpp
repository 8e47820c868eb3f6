// See port_device.h.
#include "windows/harness/port_device.h"

#include <algorithm>
#include <cstring>

#include "scsi/designator.h"
#include "windows/harness/machine.h"
#include "windows/harness/request_block.h"

namespace harness {

SCSI_REQUEST_BLOCK& request_block_of(IRP* irp) {
  return *static_cast<SCSI_REQUEST_BLOCK*>(
      irp->Tail.Overlay.CurrentStackLocation->Parameters.Scsi.Srb);
}

PortDevice::PortDevice() {
  driver_.MajorFunction[IRP_MJ_SCSI] = dispatch;
  object_.DriverObject = &driver_;
  object_.StackSize = 1;
  object_.DeviceExtension = this;
}

PortDevice* PortDevice::of(DEVICE_OBJECT* object) {
  const bool ours = object != nullptr && object->DriverObject != nullptr &&
                    object->DriverObject->MajorFunction[IRP_MJ_SCSI] == dispatch;
  return ours ? static_cast<PortDevice*>(object->DeviceExtension) : nullptr;
}

NTSTATUS NTAPI PortDevice::dispatch(DEVICE_OBJECT* device, IRP* irp) {
  if (irp->MdlAddress != nullptr && irp->MdlAddress->MappedSystemVa == nullptr) {
    fail("the port driver got a list of pages that was not built");
  }
  machine().threads.do_at_home([device, irp] { of(device)->begin(irp); });
  return STATUS_PENDING;
}

void PortDevice::complete_without_answer(IRP* irp, UCHAR srb_status, NTSTATUS status) {
  *fields_of(request_block_of(irp)).srb_status = srb_status;
  irp->IoStatus.Information = 0;
  irp->IoStatus.Status = status;
  complete_request(irp);
}

void PortDevice::complete_with_answer(IRP* irp, const Answer& answer) {
  const RequestFields srb = fields_of(request_block_of(irp));
  *srb.scsi_status = answer.scsi_status;
  irp->IoStatus.Information = 0;
  if (answer.scsi_status == 0) {
    *srb.srb_status = SRB_STATUS_SUCCESS;
    irp->IoStatus.Status = STATUS_SUCCESS;
    if ((srb.flags & SRB_FLAGS_DATA_IN) != 0) {
      const size_t bytes = std::min<size_t>(*srb.data_bytes, answer.data_in.size());
      std::copy_n(answer.data_in.data(), bytes, static_cast<uint8_t*>(srb.data));
      if (bytes < *srb.data_bytes) {
        *srb.srb_status = SRB_STATUS_DATA_OVERRUN;  // the name for too little, too
      }
      *srb.data_bytes = static_cast<ULONG>(bytes);
    }
    irp->IoStatus.Information = *srb.data_bytes;
  } else {
    *srb.srb_status = SRB_STATUS_ERROR;
    irp->IoStatus.Status = STATUS_IO_DEVICE_ERROR;
    const size_t bytes = std::min<size_t>(srb.sense_bytes, answer.sense.size());
    if (bytes != 0 && srb.sense != nullptr) {
      std::copy_n(answer.sense.begin(), bytes, srb.sense);
      *srb.srb_status |= SRB_STATUS_AUTOSENSE_VALID;
    }
    if (answer.freezes_queue) {
      *srb.srb_status |= SRB_STATUS_QUEUE_FROZEN;
    }
  }
  complete_request(irp);
}

void PortDevice::fill_pass_through(SCSI_PASS_THROUGH_DIRECT& request, const Answer& answer) {
  request.ScsiStatus = answer.scsi_status;
  request.DataTransferLength =
      std::min(request.DataTransferLength, static_cast<ULONG>(answer.data_in.size()));
  std::copy_n(answer.data_in.data(), request.DataTransferLength,
              static_cast<uint8_t*>(request.DataBuffer));
  const size_t sense = std::min<size_t>(request.SenseInfoLength, answer.sense.size());
  std::copy_n(answer.sense.begin(), sense,
              reinterpret_cast<uint8_t*>(&request) + request.SenseInfoOffset);
}

std::vector<uint8_t> PortDevice::identifier_list(std::span<const uint8_t> page_83h) {
  constexpr size_t kHeader = offsetof(STORAGE_IDENTIFIER, Identifier);
  constexpr size_t kFirst = offsetof(STORAGE_DEVICE_ID_DESCRIPTOR, Identifiers);
  std::vector<uint8_t> list(kFirst);
  ULONG count = 0;
  scsi::DesignatorWalk walk(page_83h);
  for (auto designator = walk.next(); designator;) {
    const auto next = walk.next();
    // Places in the list are multiples of four.
    const size_t size = (kHeader + designator->bytes.size() + 3) / 4 * 4;
    const size_t at = list.size();
    list.resize(at + size);
    const ULONG numbers[2] = {static_cast<ULONG>(designator->code_set),
                              static_cast<ULONG>(designator->type)};
    const USHORT sizes[2] = {static_cast<USHORT>(designator->bytes.size()),
                             static_cast<USHORT>(next ? size : 0)};
    const auto association = static_cast<ULONG>(designator->association);
    std::memcpy(&list[at], numbers, sizeof(numbers));
    std::memcpy(&list[at + 8], sizes, sizeof(sizes));
    std::memcpy(&list[at + 12], &association, sizeof(association));
    std::copy(designator->bytes.begin(), designator->bytes.end(), &list[at + kHeader]);
    ++count;
    designator = next;
  }
  const ULONG header[3] = {static_cast<ULONG>(kFirst), static_cast<ULONG>(list.size()), count};
  std::memcpy(list.data(), header, sizeof(header));
  return list;
}

}  // namespace harness
