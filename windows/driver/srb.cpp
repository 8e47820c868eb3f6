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

// The extended form keeps CDB, status and sense data in one of its appendices, of three kinds.
struct Appendix {
  UCHAR* scsi_status = nullptr;  // null: there is none
  PVOID sense = nullptr;
  size_t sense_bytes = 0;
  base::Bytes cdb;
};

size_t least(size_t a, size_t b) {
  return a < b ? a : b;
}

// `room`: bytes of the block from `at` on. False: it does not end inside.
bool read_fixed(UCHAR* at, size_t room, size_t capacity, Appendix& out) {
  auto& appendix = *reinterpret_cast<SRBEX_DATA_SCSI_CDB32*>(at);
  if (room < offsetof(SRBEX_DATA_SCSI_CDB32, Cdb) + capacity) {
    return false;
  }
  out = {&appendix.ScsiStatus, appendix.SenseInfoBuffer, appendix.SenseInfoBufferLength,
         bytes_at(appendix.Cdb, least(appendix.CdbLength, capacity))};
  return true;
}

bool read_variable(UCHAR* at, size_t room, Appendix& out) {
  constexpr size_t kHead = offsetof(SRBEX_DATA_SCSI_CDB_VAR, Cdb);
  auto& appendix = *reinterpret_cast<SRBEX_DATA_SCSI_CDB_VAR*>(at);
  if (room < kHead || appendix.CdbLength > room - kHead) {
    return false;
  }
  out = {&appendix.ScsiStatus, appendix.SenseInfoBuffer, appendix.SenseInfoBufferLength,
         bytes_at(appendix.Cdb, appendix.CdbLength)};
  return true;
}

bool read_appendix_at(UCHAR* at, size_t room, Appendix& out) {
  switch (*reinterpret_cast<const ULONG*>(at)) {
    case SrbExDataTypeScsiCdb16:
      return read_fixed(at, room, 16, out);
    case SrbExDataTypeScsiCdb32:
      return read_fixed(at, room, 32, out);
    case SrbExDataTypeScsiCdbVar:
      return read_variable(at, room, out);
    default:
      return false;
  }
}

// The first that is wholly inside the block, and where such a structure may lie.
Appendix find_appendix(const STORAGE_REQUEST_BLOCK& block) {
  const ULONG* const offsets = block.SrbExDataOffset;
  constexpr ULONG kFirst = offsetof(STORAGE_REQUEST_BLOCK, SrbExDataOffset);
  const ULONG places =
      block.SrbLength < kFirst ? 0 : (block.SrbLength - kFirst) / static_cast<ULONG>(sizeof(ULONG));
  Appendix found;
  for (ULONG i = 0; i < block.NumSrbExData && i < places; ++i) {
    const ULONG offset = offsets[i];
    if (offset < sizeof(STORAGE_REQUEST_BLOCK) || offset > block.SrbLength ||
        offset % alignof(SRBEX_DATA_SCSI_CDB32) != 0 || block.SrbLength - offset < sizeof(ULONG)) {
      continue;
    }
    UCHAR* const at = const_cast<UCHAR*>(reinterpret_cast<const UCHAR*>(&block)) + offset;
    if (read_appendix_at(at, block.SrbLength - offset, found)) {
      break;
    }
  }
  return found;
}

void read_appendix(const STORAGE_REQUEST_BLOCK& block, RequestView& out) {
  const Appendix appendix = find_appendix(block);
  if (appendix.scsi_status != nullptr) {
    out.cdb = appendix.cdb;
    out.scsi_status = *appendix.scsi_status;
    out.sense = bytes_at(appendix.sense, appendix.sense_bytes);
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
  const Appendix appendix = find_appendix(block);
  place.scsi_status = appendix.scsi_status;
  place.sense = appendix.sense;
  place.sense_capacity = appendix.sense_bytes;
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

bool says_no_device(NTSTATUS status) {
  return status == STATUS_DEVICE_NOT_CONNECTED || status == STATUS_DEVICE_DOES_NOT_EXIST ||
         status == STATUS_NO_SUCH_DEVICE || status == STATUS_DELETE_PENDING;
}

RequestOutcome outcome_of(const SCSI_REQUEST_BLOCK& srb, NTSTATUS status) {
  const RequestView view = view_of(srb);
  RequestOutcome out{dsm::transport_from_srb_status(view.srb_status), view.scsi_status, view.sense};
  if (says_no_device(status)) {
    out.transport = dsm::TransportOutcome::no_device;
  } else if (status == STATUS_BUFFER_OVERFLOW) {
    out.transport = out.sense.empty() ? dsm::TransportOutcome::overrun : out.transport;
  } else if (!NT_SUCCESS(status) && SRB_STATUS(view.srb_status) == SRB_STATUS_PENDING) {
    out.transport = dsm::TransportOutcome::not_sent;  // refused before the adapter saw it
  }
  return out;
}

}  // namespace driver
