// See srb.h.
#include "windows/driver/srb.h"

#include <bit>
#include <cstring>

#include "scsi/block_range.h"

namespace driver {
namespace {

base::Bytes bytes_at(const void* at, size_t count) {
  return at == nullptr ? base::Bytes() : base::Bytes(static_cast<const uint8_t*>(at), count);
}

// Bytes of CDB that the appendix has room for; 0: it is of another kind.
size_t cdb_capacity(const SRBEX_DATA_SCSI_CDB32& appendix) {
  return appendix.Type == SrbExDataTypeScsiCdb16   ? 16
         : appendix.Type == SrbExDataTypeScsiCdb32 ? 32
                                                   : 0;
}

// The extended form keeps CDB, status and sense data in one of its appendices. Null: in none that
// is wholly inside the block, and where such a structure may lie.
SRBEX_DATA_SCSI_CDB32* find_appendix(const STORAGE_REQUEST_BLOCK& block) {
  const ULONG* const offsets = block.SrbExDataOffset;
  constexpr ULONG kFirst = offsetof(STORAGE_REQUEST_BLOCK, SrbExDataOffset);
  constexpr size_t kHead = offsetof(SRBEX_DATA_SCSI_CDB32, Cdb);
  const ULONG places =
      block.SrbLength < kFirst ? 0 : (block.SrbLength - kFirst) / static_cast<ULONG>(sizeof(ULONG));
  for (ULONG i = 0; i < block.NumSrbExData && i < places; ++i) {
    const ULONG offset = offsets[i];
    if (offset < sizeof(STORAGE_REQUEST_BLOCK) || offset > block.SrbLength ||
        offset % alignof(SRBEX_DATA_SCSI_CDB32) != 0 || block.SrbLength - offset < kHead + 16) {
      continue;
    }
    auto* const appendix = reinterpret_cast<SRBEX_DATA_SCSI_CDB32*>(
        const_cast<UCHAR*>(reinterpret_cast<const UCHAR*>(&block)) + offset);
    const size_t capacity = cdb_capacity(*appendix);
    if (capacity != 0 &&
        block.SrbLength - offset >= offsetof(SRBEX_DATA_SCSI_CDB32, Cdb) + capacity) {
      return appendix;
    }
  }
  return nullptr;
}

void read_appendix(const STORAGE_REQUEST_BLOCK& block, RequestView& out) {
  if (const SRBEX_DATA_SCSI_CDB32* const appendix = find_appendix(block)) {
    const size_t capacity = cdb_capacity(*appendix);
    out.cdb =
        bytes_at(appendix->Cdb, appendix->CdbLength < capacity ? appendix->CdbLength : capacity);
    out.scsi_status = appendix->ScsiStatus;
    out.sense = bytes_at(appendix->SenseInfoBuffer, appendix->SenseInfoBufferLength);
  }
}

// Where an answer goes, in a block of whichever form.
struct AnswerPlace {
  UCHAR* scsi_status = nullptr;
  PVOID sense = nullptr;
  size_t sense_capacity = 0;
  ULONG* bytes = nullptr;
  ULONG flags = 0;
};

AnswerPlace answer_place_of(SCSI_REQUEST_BLOCK& srb) {
  if (srb.Function != SRB_FUNCTION_STORAGE_REQUEST_BLOCK) {
    return {&srb.ScsiStatus, srb.SenseInfoBuffer, srb.SenseInfoBufferLength,
            &srb.DataTransferLength, srb.SrbFlags};
  }
  auto& block = reinterpret_cast<STORAGE_REQUEST_BLOCK&>(srb);
  AnswerPlace place{.bytes = &block.DataTransferLength, .flags = block.SrbFlags};
  if (SRBEX_DATA_SCSI_CDB32* const appendix = find_appendix(block)) {
    place.scsi_status = &appendix->ScsiStatus;
    place.sense = appendix->SenseInfoBuffer;
    place.sense_capacity = appendix->SenseInfoBufferLength;
  }
  return place;
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

[[gnu::always_inline]] inline RequestView read_view(const SCSI_REQUEST_BLOCK& srb) {
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

}  // namespace

RequestView view_of(const SCSI_REQUEST_BLOCK& srb) {
  return read_view(srb);
}

PVOID data_buffer_of(const SCSI_REQUEST_BLOCK& srb) {
  return srb.Function == SRB_FUNCTION_STORAGE_REQUEST_BLOCK
             ? reinterpret_cast<const STORAGE_REQUEST_BLOCK&>(srb).DataBuffer
             : srb.DataBuffer;
}

void put_answer(SCSI_REQUEST_BLOCK& srb, const RequestAnswer& answer) {
  const AnswerPlace place = answer_place_of(srb);
  srb.SrbStatus = answer.srb_status;
  *place.bytes = answer.bytes;
  if (place.scsi_status != nullptr) {
    *place.scsi_status = answer.scsi_status;
  }
  const bool wanted = (place.flags & SRB_FLAGS_DISABLE_AUTOSENSE) == 0 && place.sense != nullptr;
  const size_t fits =
      answer.sense.size() < place.sense_capacity ? answer.sense.size() : place.sense_capacity;
  if (wanted && fits != 0) {
    std::memset(place.sense, 0, place.sense_capacity);
    std::memcpy(place.sense, answer.sense.data(), fits);
    srb.SrbStatus |= SRB_STATUS_AUTOSENSE_VALID;
  }
}

// This and the next are on the way of a command: of the view only what they need is read.
dsm::Shape shape_of(const SCSI_REQUEST_BLOCK& srb) {
  const RequestView request = read_view(srb);
  dsm::Shape shape;
  shape.bytes = request.bytes;
  if (const auto range = scsi::block_range(request.cdb); range && range->blocks != 0) {
    shape.is_read = range->access == scsi::BlockAccess::read;
    shape.is_write = range->access == scsi::BlockAccess::write;
    shape.lba = range->lba;
    shape.block_scale = scale_of(request.bytes, range->blocks);
  }
  return shape;
}

dsm::Ended ended_of(const SCSI_REQUEST_BLOCK& srb) {
  const RequestView request = read_view(srb);
  dsm::Ended ended;
  ended.bytes = request.bytes;
  ended.direction = dsm::direction_of(request.cdb);
  ended.ok = SRB_STATUS(request.srb_status) == SRB_STATUS_SUCCESS;
  return ended;
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
      if (!NT_SUCCESS(status) && SRB_STATUS(view.srb_status) == SRB_STATUS_PENDING) {
        out.transport = dsm::TransportOutcome::not_sent;
      }
      break;
  }
  return out;
}

}  // namespace driver
