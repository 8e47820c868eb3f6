// Commands that move or change blocks. Each is executed at one instant and as a whole.
#include <algorithm>
#include <cerrno>
#include <vector>

#include "array/commands.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"
#include "scsi/unmap.h"

namespace array {
namespace {

constexpr uint16_t kOutOfRange = 0x2100;
constexpr uint16_t kWriteProtected = 0x2700;
constexpr uint16_t kWriteError = 0x0c00;
constexpr uint16_t kReadError = 0x1100;
constexpr uint16_t kParameterListLength = 0x1a00;
constexpr uint32_t kMaxTransferBytes = 4U << 20;
constexpr uint64_t kMaxWriteSameBytes = 256U << 20;

// The block range of the CDB, checked against the medium. False: the task has been ended.
bool take_range(Context& context, scsi::BlockRange& range) {
  const auto found = scsi::block_range(context.cdb());
  if (!found) {
    end_invalid_field(context.task, 0);
    return false;
  }
  range = *found;
  if (!context.lun->contains(range.lba, range.blocks)) {
    end_check(context.task, scsi::kIllegalRequest, kOutOfRange);
    return false;
  }
  return true;
}

// RDPROTECT, WRPROTECT, VRPROTECT: no protection information is kept (SBC-3 4.22).
bool asks_protection(const Context& context) {
  const uint8_t opcode = context.cdb()[0];
  return opcode != scsi::kRead6 && opcode != scsi::kWrite6 && (context.cdb()[1] & 0xe0) != 0;
}

bool writable(Context& context) {
  if (context.lun->read_only()) {
    end_check(context.task, scsi::kDataProtect, kWriteProtected);
    return false;
  }
  return true;
}

bool too_long(Context& context, const scsi::BlockRange& range) {
  if (range.blocks * context.lun->block_bytes() > kMaxTransferBytes) {
    end_invalid_field(context.task, scsi::cdb_length_of(context.cdb()[0]) == 16 ? 10 : 7);
    return true;
  }
  return false;
}

void end_write(Context& context, bool written, const scsi::BlockRange& range) {
  if (!written) {
    return end_check(context.task, scsi::kMediumError, kWriteError);
  }
  if (range.blocks != 0) {
    context.array.note_write(*context.lun, range.lba, range.blocks, context.nexus);
  }
  if (range.fua && !context.lun->backing().sync()) {
    return end_check(context.task, scsi::kMediumError, kWriteError);
  }
  end_good(context.task);
}

}  // namespace

void read_blocks(Context& context) {
  scsi::BlockRange range;
  if (asks_protection(context)) {
    return end_invalid_field(context.task, 1);
  }
  if (!take_range(context, range) || too_long(context, range)) {
    return;
  }
  Lun& lun = *context.lun;
  context.task.data_in.resize(static_cast<size_t>(range.blocks) * lun.block_bytes());
  if (!lun.backing().read(range.lba * lun.block_bytes(), context.task.data_in)) {
    return end_check(context.task, scsi::kMediumError, kReadError);
  }
  end_good(context.task);
}

void write_blocks(Context& context) {
  scsi::BlockRange range;
  if (asks_protection(context)) {
    return end_invalid_field(context.task, 1);
  }
  if (!take_range(context, range) || too_long(context, range) || !writable(context)) {
    return;
  }
  Lun& lun = *context.lun;
  const size_t bytes = static_cast<size_t>(range.blocks) * lun.block_bytes();
  if (context.task.data_out.size() < bytes) {
    // Fewer data than the CDB asks for: nothing is written, so that no block is half-new.
    return end_check(context.task, scsi::kAbortedCommand, 0x0c0d);
  }
  const bool written =
      lun.backing().write(range.lba * lun.block_bytes(), context.task.data_out.first(bytes));
  end_write(context, written, range);
}

void verify_blocks(Context& context) {
  scsi::BlockRange range;
  if (asks_protection(context)) {
    return end_invalid_field(context.task, 1);
  }
  if (!take_range(context, range)) {
    return;
  }
  const uint8_t byte_check = (context.cdb()[1] >> 1) & 3;
  if (byte_check == 0) {
    return end_good(context.task);
  }
  Lun& lun = *context.lun;
  if (byte_check == 2) {
    return end_invalid_field(context.task, 1);
  }
  if (too_long(context, range)) {
    return;
  }
  const size_t bytes = static_cast<size_t>(range.blocks) * lun.block_bytes();
  const size_t sent = byte_check == 3 ? lun.block_bytes() : bytes;
  if (context.task.data_out.size() < (bytes == 0 ? 0 : sent)) {
    return end_check(context.task, scsi::kAbortedCommand, 0x0c0d);
  }
  std::vector<uint8_t> stored(bytes);
  if (!lun.backing().read(range.lba * lun.block_bytes(), stored)) {
    return end_check(context.task, scsi::kMediumError, kReadError);
  }
  for (size_t i = 0; i < bytes; ++i) {
    if (stored[i] != context.task.data_out[i % sent]) {
      return end_check(context.task, scsi::kMiscompare, 0x1d00);
    }
  }
  end_good(context.task);
}

void synchronize_cache(Context& context) {
  scsi::BlockRange range;
  if (!take_range(context, range)) {
    return;
  }
  if (!context.lun->backing().sync()) {
    return end_check(context.task, scsi::kMediumError, kWriteError);
  }
  end_good(context.task);
}

void unmap(Context& context) {
  const base::Bytes cdb = context.cdb();
  const size_t claimed = base::load_be16(&cdb[7]);
  if ((cdb[1] & 1) != 0) {
    return end_invalid_field(context.task, 1);  // ANCHOR
  }
  if (!writable(context)) {
    return;
  }
  if (claimed == 0) {
    return end_good(context.task);
  }
  const base::Bytes list = base::slice(context.task.data_out, 0, claimed);
  Lun& lun = *context.lun;
  bool in_range = true;
  const bool sound = scsi::for_each_unmap_range(list, [&](const scsi::UnmapRange& range) {
    in_range = in_range && lun.contains(range.lba, range.blocks);
  });
  if (!sound) {
    return end_check(context.task, scsi::kIllegalRequest, kParameterListLength);
  }
  if (!in_range) {
    return end_check(context.task, scsi::kIllegalRequest, kOutOfRange);
  }
  bool done = true;
  static_cast<void>(scsi::for_each_unmap_range(list, [&](const scsi::UnmapRange& range) {
    done = done && lun.backing().discard(range.lba * lun.block_bytes(),
                                         uint64_t{range.blocks} * lun.block_bytes());
    if (done && range.blocks != 0) {
      context.array.note_write(lun, range.lba, range.blocks, context.nexus);
    }
  }));
  if (!done) {
    return end_check(context.task, scsi::kMediumError, kWriteError);
  }
  end_good(context.task);
}

void write_same(Context& context) {
  scsi::BlockRange range;
  const base::Bytes cdb = context.cdb();
  if (asks_protection(context) || (cdb[1] & 0x10) != 0) {
    return end_invalid_field(context.task, 1);  // ANCHOR is for resource-provisioned units
  }
  if (!take_range(context, range) || !writable(context)) {
    return;
  }
  Lun& lun = *context.lun;
  const uint64_t bytes = range.blocks * lun.block_bytes();
  const bool sixteen = cdb[0] == scsi::kWriteSame16;
  if (range.blocks == 0 || bytes > kMaxWriteSameBytes) {
    return end_invalid_field(context.task, sixteen ? 10 : 7);  // WSNZ, maximum write same length
  }
  const bool no_data_out = sixteen && (cdb[1] & 0x01) != 0;
  const bool may_unmap = (cdb[1] & 0x08) != 0;
  range.fua = false;  // the bit means UNMAP here
  if (!no_data_out && context.task.data_out.size() < lun.block_bytes()) {
    return end_check(context.task, scsi::kAbortedCommand, 0x0c0d);
  }
  const base::Bytes pattern =
      no_data_out ? base::Bytes() : context.task.data_out.first(lun.block_bytes());
  const bool zeros =
      std::all_of(pattern.begin(), pattern.end(), [](uint8_t byte) { return byte == 0; });
  bool written = true;
  if (zeros && (may_unmap || no_data_out)) {
    written = lun.backing().discard(range.lba * lun.block_bytes(), bytes);
  } else {
    for (uint64_t i = 0; written && i < range.blocks; ++i) {
      written = lun.backing().write((range.lba + i) * lun.block_bytes(), pattern);
    }
  }
  end_write(context, written, range);
}

}  // namespace array
