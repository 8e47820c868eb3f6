// VERIFY, WRITE AND VERIFY, COMPARE AND WRITE: commands that compare what is on the medium.
#include <algorithm>
#include <vector>

#include "array/block_io.h"
#include "array/commands.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace array {
namespace {

constexpr uint16_t kWriteError = 0x0c00;
// BYTCHK of VERIFY, SBC-3 5.30.
constexpr uint8_t kMediumOnly = 0;
constexpr uint8_t kEachBlock = 1;
constexpr uint8_t kOneBlockForAll = 3;

uint8_t byte_check_of(base::Bytes cdb) {
  return (cdb[1] >> 1) & 3;
}

// Ends the task with MISCOMPARE and the offset of the first difference, unless there is none.
// `expected` repeats if it is shorter.
bool compare(Context& context, uint64_t lba, uint64_t blocks, base::Bytes expected) {
  std::vector<uint8_t> stored(static_cast<size_t>(blocks) * context.lun->block_bytes());
  if (!context.lun->read(lba, stored)) {
    end_check(context.task, scsi::kMediumError, kUnrecoveredReadError);
    return false;
  }
  for (size_t at = 0; at < stored.size(); at += expected.size()) {
    const auto* const from = &stored[at];
    const auto* const differs = std::mismatch(from, from + expected.size(), expected.begin()).first;
    if (differs != from + expected.size()) {
      const auto offset = static_cast<uint64_t>(differs - stored.data());
      end_check(context.task, scsi::kMiscompare, kMiscompareDuringVerify, offset);
      return false;
    }
  }
  return true;
}

}  // namespace

void verify_blocks(Context& context) {
  scsi::BlockRange range;
  const uint8_t byte_check = byte_check_of(context.cdb());
  if (byte_check == 2) {
    return end_invalid_field(context.task, 1);
  }
  if (!take_range(context, range) || !check_length(context, range)) {
    return;
  }
  if (range.blocks == 0) {
    return end_good(context.task);
  }
  const uint32_t block_bytes = context.lun->block_bytes();
  if (byte_check == kMediumOnly) {
    std::vector<uint8_t> stored(static_cast<size_t>(range.blocks) * block_bytes);
    if (!context.lun->read(range.lba, stored)) {
      return end_check(context.task, scsi::kMediumError, kUnrecoveredReadError);
    }
    return end_good(context.task);
  }
  const uint64_t wanted = byte_check == kOneBlockForAll ? block_bytes : range.blocks * block_bytes;
  if (context.task.data_out.size() < wanted) {
    check_data_out(context, wanted);
    return;
  }
  const base::Bytes expected = context.task.data_out.first(static_cast<size_t>(wanted));
  if (compare(context, range.lba, range.blocks, expected)) {
    end_good(context.task);
  }
}

// Written, made stable, and read back; a byte that differs is reported whatever BYTCHK asks for.
void write_and_verify(Context& context) {
  if (byte_check_of(context.cdb()) > kEachBlock) {
    return end_invalid_field(context.task, 1);
  }
  write_blocks(context);
  if (context.task.status != scsi::kGood) {
    return;
  }
  const auto range = scsi::block_range(context.cdb());
  const size_t wanted = static_cast<size_t>(range->blocks) * context.lun->block_bytes();
  const base::Bytes sent = base::slice(context.task.data_out, 0, wanted);
  if (!context.lun->sync()) {
    return end_check(context.task, scsi::kMediumError, kWriteError);
  }
  if (!sent.empty()) {
    compare(context, range->lba, sent.size() / context.lun->block_bytes(), sent);
  }
}

// The first half of the data is compared, the second written, at one instant (SBC-3 5.3).
void compare_and_write(Context& context) {
  const base::Bytes cdb = context.cdb();
  if ((cdb[1] & 0xe0) != 0) {
    return end_invalid_field(context.task, 1);  // WRPROTECT
  }
  const scsi::BlockRange range{.access = scsi::BlockAccess::write,
                               .lba = base::load_be64(&cdb[2]),
                               .blocks = cdb[13],
                               .fua = (cdb[1] & 0x08) != 0};
  if (!check_range(context, range.lba, range.blocks) || !check_writable(context)) {
    return;
  }
  const size_t half = static_cast<size_t>(range.blocks) * context.lun->block_bytes();
  if (context.task.data_out.size() != 2 * half) {
    return end_invalid_field(context.task, 13);  // NUMBER OF LOGICAL BLOCKS is not that of the data
  }
  if (half == 0) {
    return end_good(context.task);
  }
  if (compare(context, range.lba, range.blocks, context.task.data_out.first(half))) {
    end_write(context, context.lun->write(range.lba, context.task.data_out.subspan(half)), range);
  }
}

}  // namespace array
