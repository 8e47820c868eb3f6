// READ, WRITE, SYNCHRONIZE CACHE, PRE-FETCH. Each is executed at one instant and as a whole.
#include <algorithm>

#include "array/block_io.h"
#include "array/commands.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace array {
namespace {

constexpr uint16_t kWriteError = 0x0c00;

}  // namespace

void read_blocks(Context& context) {
  scsi::BlockRange range;
  if (!take_range(context, range) || !check_length(context, range)) {
    return;
  }
  Lun& lun = *context.lun;
  context.task.data_in.resize(static_cast<size_t>(range.blocks) * lun.block_bytes());
  if (!lun.read(range.lba, context.task.data_in)) {
    return end_check(context.task, scsi::kMediumError, kUnrecoveredReadError);
  }
  end_good(context.task);
}

// An initiator that announced fewer data than the CDB asks for gets those written, and learns from
// the residual count how many were not (RFC 7143 11.4.5). Half a block is never written.
void write_blocks(Context& context) {
  scsi::BlockRange range;
  if (!take_range(context, range) || !check_length(context, range) || !check_writable(context)) {
    return;
  }
  Lun& lun = *context.lun;
  const size_t wanted = static_cast<size_t>(range.blocks) * lun.block_bytes();
  const size_t sent = std::min(wanted, context.task.data_out.size());
  if (sent % lun.block_bytes() != 0) {
    check_data_out(context, wanted);
    return;
  }
  range.blocks = sent / lun.block_bytes();
  end_write(context, lun.write(range.lba, context.task.data_out.first(sent)), range);
}

void synchronize_cache(Context& context) {
  scsi::BlockRange range;
  if (!take_range(context, range)) {
    return;
  }
  if (!context.lun->sync()) {
    return end_check(context.task, scsi::kMediumError, kWriteError);
  }
  end_good(context.task);
}

// CONDITION MET tells that all of the blocks are in the cache now, GOOD that they may not be
// (SBC-3 5.10).
void prefetch_blocks(Context& context) {
  scsi::BlockRange range;
  if (!take_range(context, range)) {
    return;
  }
  const uint64_t blocks = range.blocks == 0 ? context.lun->block_count() - range.lba : range.blocks;
  const bool cached = context.lun->prefetch(range.lba, blocks);
  end_good(context.task);
  if (cached) {
    context.task.status = scsi::kConditionMet;
  }
}

}  // namespace array
