// UNMAP and WRITE SAME.
#include <algorithm>

#include "array/block_io.h"
#include "array/commands.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"
#include "scsi/unmap.h"

namespace array {
namespace {

constexpr uint8_t kAnchor = 0x10;
constexpr uint8_t kUnmapBit = 0x08;
constexpr uint8_t kNoDataOut = 0x01;
constexpr uint16_t kDescriptorsAt = 8;  // in the parameter list of UNMAP

}  // namespace

void unmap(Context& context) {
  const base::Bytes cdb = context.cdb();
  const size_t claimed = base::load_be16(&cdb[7]);
  if ((cdb[1] & 1) != 0) {
    return end_invalid_field(context.task, 1);  // ANCHOR
  }
  if (!check_writable(context)) {
    return;
  }
  if (claimed == 0) {
    return end_good(context.task);
  }
  const base::Bytes list = base::slice(context.task.data_out, 0, claimed);
  Lun& lun = *context.lun;
  uint64_t blocks = 0;
  size_t descriptors = 0;
  scsi::UnmapRange outside;
  const bool sound = scsi::for_each_unmap_range(list, [&](const scsi::UnmapRange& range) {
    if (outside.blocks == 0 && !lun.contains(range.lba, range.blocks)) {
      outside = range;
    }
    blocks += range.blocks;
    ++descriptors;
  });
  if (!sound) {
    return end_check(context.task, scsi::kIllegalRequest, kParameterListLengthError);
  }
  if (outside.blocks != 0) {
    check_range(context, outside.lba, outside.blocks);
    return;
  }
  if (descriptors > kMaxUnmapDescriptors || blocks > kMaxUnmapBytes / lun.block_bytes()) {
    return end_invalid_field(context.task, kDescriptorsAt, /*in_cdb=*/false);
  }
  end_good(context.task);
  static_cast<void>(scsi::for_each_unmap_range(list, [&](const scsi::UnmapRange& range) {
    if (context.task.status == scsi::kGood && range.blocks != 0) {
      end_write(context, lun.unmap(range.lba, range.blocks),
                {.access = scsi::BlockAccess::unmap, .lba = range.lba, .blocks = range.blocks});
    }
  }));
}

void write_same(Context& context) {
  scsi::BlockRange range;
  const base::Bytes cdb = context.cdb();
  Lun& lun = *context.lun;
  const bool may_unmap = (cdb[1] & kUnmapBit) != 0;
  if ((cdb[1] & kAnchor) != 0 || (may_unmap && !lun.thin())) {
    return end_invalid_field(context.task, 1);  // anchoring is for resource-provisioned units
  }
  if (!take_range(context, range) || !check_writable(context)) {
    return;
  }
  const bool sixteen = cdb[0] == scsi::kWriteSame16;
  if (range.blocks == 0 || range.blocks > kMaxWriteSameBytes / lun.block_bytes()) {
    return end_invalid_field(context.task, sixteen ? 10 : 7);  // WSNZ, maximum write same length
  }
  const bool no_data_out = sixteen && (cdb[1] & kNoDataOut) != 0;
  if (!no_data_out && !check_data_out(context, lun.block_bytes())) {
    return;
  }
  range.fua = false;  // the bit means UNMAP here
  const base::Bytes pattern = no_data_out ? base::Bytes() : context.task.data_out;
  const bool zeros =
      std::all_of(pattern.begin(), pattern.end(), [](uint8_t byte) { return byte == 0; });
  const bool as_unmapped = zeros && (may_unmap || no_data_out);
  end_write(
      context,
      as_unmapped ? lun.unmap(range.lba, range.blocks) : lun.fill(range.lba, range.blocks, pattern),
      range);
}

}  // namespace array
