// See block_io.h.
#include "array/block_io.h"

#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace array {
namespace {

constexpr uint16_t kWriteError = 0x0c00;
constexpr uint16_t kInvalidFieldInInformationUnit = 0x0e03;
constexpr uint16_t kWriteProtected = 0x2700;
constexpr uint16_t kSpaceAllocationFailed = 0x2707;
constexpr uint16_t kSoftThresholdReached = 0x3807;

bool asks_protection(base::Bytes cdb) {
  return cdb[0] != scsi::kRead6 && cdb[0] != scsi::kWrite6 && (cdb[1] & 0xe0) != 0;
}

bool has_protection_field(uint8_t opcode) {
  return opcode != scsi::kSynchronizeCache10 && opcode != scsi::kSynchronizeCache16 &&
         opcode != scsi::kPreFetch10 && opcode != scsi::kPreFetch16;
}

}  // namespace

bool check_range(Context& context, uint64_t lba, uint64_t blocks) {
  if (context.lun->contains(lba, blocks)) {
    return true;
  }
  const uint64_t first_outside =
      lba < context.lun->block_count() ? context.lun->block_count() : lba;
  end_check(context.task, scsi::kIllegalRequest, kOutOfRange, first_outside);
  return false;
}

bool take_range(Context& context, scsi::BlockRange& range) {
  const base::Bytes cdb = context.cdb();
  if (has_protection_field(cdb[0]) && asks_protection(cdb)) {
    end_invalid_field(context.task, 1);
    return false;
  }
  const auto found = scsi::block_range(cdb);
  if (!found) {
    end_invalid_field(context.task, 0);
    return false;
  }
  range = *found;
  return check_range(context, range.lba, range.blocks);
}

bool check_length(Context& context, const scsi::BlockRange& range) {
  if (range.blocks * context.lun->block_bytes() <= kMaxTransferBytes) {
    return true;
  }
  const uint8_t length = scsi::cdb_length_of(context.cdb()[0]);
  end_invalid_field(context.task, length == 16 ? 10 : length == 12 ? 6 : 7);
  return false;
}

bool check_writable(Context& context) {
  if (context.lun->write_protected()) {
    end_check(context.task, scsi::kDataProtect, kWriteProtected);
    return false;
  }
  return true;
}

bool check_data_out(Context& context, uint64_t bytes) {
  if (context.task.data_out.size() != bytes) {
    end_check(context.task, scsi::kIllegalRequest, kInvalidFieldInInformationUnit);
    return false;
  }
  return true;
}

void end_write(Context& context, Lun::WriteResult result, const scsi::BlockRange& range) {
  Lun& lun = *context.lun;
  if (result == Lun::WriteResult::no_space) {
    return end_check(context.task, scsi::kDataProtect, kSpaceAllocationFailed);
  }
  if (result == Lun::WriteResult::failed) {
    return end_check(context.task, scsi::kMediumError, kWriteError);
  }
  if (range.blocks != 0) {
    context.array.note_write(lun, range.lba, range.blocks, context.nexus);
  }
  if (lun.pool().take_threshold_event() && lun.modes().reports_thresholds()) {
    context.array.attention_for_all(kSoftThresholdReached, lun.number());
  }
  if (range.fua && !lun.sync()) {
    return end_check(context.task, scsi::kMediumError, kWriteError);
  }
  end_good(context.task);
}

}  // namespace array
