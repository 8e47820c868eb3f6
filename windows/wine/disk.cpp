// A LUN that answers INQUIRY and is otherwise content with everything: enough to be claimed.
#include <cstring>

#include "windows/wine/stand_in.h"

namespace stand_in {
namespace {

constexpr UCHAR kInquiry = 0x12;
constexpr ULONG kStandardBytes = 36;

ULONG give(UCHAR* data, ULONG bytes, const void* answer, ULONG answer_bytes) {
  const ULONG given = bytes < answer_bytes ? bytes : answer_bytes;
  std::memcpy(data, answer, given);
  return given;
}

}  // namespace

// How many bytes of `data` were filled; 0 for a page that there is not.
ULONG answer_inquiry(const DEVICE_OBJECT& lun, const UCHAR* cdb, UCHAR* data, ULONG bytes) {
  if ((cdb[1] & 1) == 0) {
    UCHAR standard[kStandardBytes] = {0, 0, 6, 2, kStandardBytes - 5};
    std::memcpy(&standard[8], "DSMKIT  ", 8);
    std::memcpy(&standard[16], lun.DeviceExtension, 16);
    std::memcpy(&standard[32], "0001", 4);
    return give(data, bytes, standard, sizeof(standard));
  }
  if (cdb[2] == 0x83) {
    // One designator, of the LUN: NAA 6.
    constexpr UCHAR kPage[] = {0, 0x83, 0, 20, 1,    3,    0,    16,   0x60, 0x01, 0x40, 0x5d,
                               1, 2,    3, 4,  0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88};
    return give(data, bytes, kPage, sizeof(kPage));
  }
  return 0;
}

NTSTATUS NTAPI on_scsi(DEVICE_OBJECT* lun, IRP* irp) {
  auto& srb = *static_cast<SCSI_REQUEST_BLOCK*>(
      irp->Tail.Overlay.CurrentStackLocation->Parameters.Scsi.Srb);
  ULONG given = srb.DataTransferLength;
  if ((srb.SrbFlags & SRB_FLAGS_DATA_IN) != 0) {
    std::memset(srb.DataBuffer, 0, srb.DataTransferLength);
    if (srb.Cdb[0] == kInquiry) {
      given = answer_inquiry(*lun, srb.Cdb, static_cast<UCHAR*>(srb.DataBuffer),
                             srb.DataTransferLength);
    }
  }
  srb.DataTransferLength = given;
  srb.ScsiStatus = 0;
  srb.SrbStatus = SRB_STATUS_SUCCESS;
  irp->IoStatus.Status = STATUS_SUCCESS;
  irp->IoStatus.Information = given;
  IofCompleteRequest(irp, 0);
  return STATUS_SUCCESS;
}

}  // namespace stand_in
