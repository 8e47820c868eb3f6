// See srb.h.
#include "windows/driver/srb.h"

#include <bit>
#include <cstring>

#include "scsi/cdb.h"

namespace driver {
namespace {

base::Bytes bytes_at(const void* at, size_t count) {
  return at == nullptr ? base::Bytes() : base::Bytes(static_cast<const uint8_t*>(at), count);
}

// The extended form keeps the CDB in one of its appendices.
void read_appendix(const STORAGE_REQUEST_BLOCK& block, RequestView& out) {
  const ULONG* const offsets = block.SrbExDataOffset;
  constexpr ULONG kFirst = offsetof(STORAGE_REQUEST_BLOCK, SrbExDataOffset);
  constexpr size_t kHead = offsetof(SRBEX_DATA_SCSI_CDB32, Cdb);
  const ULONG places =
      block.SrbLength < kFirst ? 0 : (block.SrbLength - kFirst) / static_cast<ULONG>(sizeof(ULONG));
  for (ULONG i = 0; i < block.NumSrbExData && i < places; ++i) {
    const ULONG offset = offsets[i];
    if (offset < sizeof(STORAGE_REQUEST_BLOCK) || offset > block.SrbLength ||
        block.SrbLength - offset < kHead + 16) {
      continue;
    }
    const UCHAR* const appendix = reinterpret_cast<const UCHAR*>(&block) + offset;
    SRBEX_DATA_SCSI_CDB32 head;  // a copy: its place need not be aligned
    std::memcpy(&head, appendix, kHead);
    const size_t capacity = head.Type == SrbExDataTypeScsiCdb16   ? 16
                            : head.Type == SrbExDataTypeScsiCdb32 ? 32
                                                                  : 0;
    if (capacity == 0 || block.SrbLength - offset < kHead + capacity) {
      continue;
    }
    out.cdb = bytes_at(appendix + kHead, head.CdbLength < capacity ? head.CdbLength : capacity);
    out.scsi_status = head.ScsiStatus;
    out.sense = bytes_at(head.SenseInfoBuffer, head.SenseInfoBufferLength);
    return;
  }
}

// The size of a block, by the request's own length. In most cases without a division.
uint16_t scale_of(uint64_t bytes, uint64_t blocks) {
  constexpr unsigned kShift512 = 9;
  constexpr uint16_t kScale4096 = 3;
  if (bytes == blocks << kShift512) {
    return 0;
  }
  if (bytes == blocks << (kShift512 + kScale4096)) {
    return kScale4096;
  }
  const uint64_t scale = bytes / blocks >> kShift512;
  return std::has_single_bit(scale) ? static_cast<uint16_t>(std::bit_width(scale) - 1) : 0;
}

}  // namespace

RequestView view_of(const SCSI_REQUEST_BLOCK& srb) {
  RequestView out;
  out.srb_status = srb.SrbStatus;
  if (srb.Function == SRB_FUNCTION_STORAGE_REQUEST_BLOCK) {
    const auto& block = reinterpret_cast<const STORAGE_REQUEST_BLOCK&>(srb);
    out.bytes = block.DataTransferLength;
    if (block.SrbFunction == SRB_FUNCTION_EXECUTE_SCSI) {
      read_appendix(block, out);
    }
  } else {
    out.bytes = srb.DataTransferLength;
    if (srb.Function == SRB_FUNCTION_EXECUTE_SCSI) {
      out.cdb =
          bytes_at(srb.Cdb, srb.CdbLength < sizeof(srb.Cdb) ? srb.CdbLength : sizeof(srb.Cdb));
      out.scsi_status = srb.ScsiStatus;
      out.sense = bytes_at(srb.SenseInfoBuffer, srb.SenseInfoBufferLength);
    }
  }
  if ((srb.SrbStatus & SRB_STATUS_AUTOSENSE_VALID) == 0) {
    out.sense = {};
  }
  return out;
}

dsm::Shape shape_of(const RequestView& request) {
  dsm::Shape shape;
  shape.bytes = request.bytes;
  const dsm::Direction direction = dsm::direction_of(request.cdb);
  shape.is_read = direction == dsm::Direction::read;
  shape.is_write = direction == dsm::Direction::write;
  if (const auto range = scsi::block_range(request.cdb); range && range->blocks != 0) {
    shape.lba = range->lba;
    shape.block_scale = scale_of(request.bytes, range->blocks);
  }
  return shape;
}

RequestOutcome outcome_of(const SCSI_REQUEST_BLOCK& srb, NTSTATUS status) {
  const RequestView view = view_of(srb);
  RequestOutcome out{dsm::transport_from_srb_status(view.srb_status), view.scsi_status, view.sense};
  switch (status) {
    case STATUS_DEVICE_NOT_CONNECTED:
    case STATUS_DEVICE_DOES_NOT_EXIST:
    case STATUS_NO_SUCH_DEVICE:
    case STATUS_DELETE_PENDING:
      out.transport = dsm::TransportOutcome::no_device;
      break;
    case STATUS_BUFFER_OVERFLOW:
      out.transport = out.sense.empty() ? dsm::TransportOutcome::overrun : out.transport;
      break;
    default:
      // Refused before the adapter saw it.
      if (!NT_SUCCESS(status) && (view.srb_status & SRB_STATUS_MASK) == SRB_STATUS_PENDING) {
        out.transport = dsm::TransportOutcome::not_sent;
      }
      break;
  }
  return out;
}

}  // namespace driver
