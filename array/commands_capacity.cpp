// READ CAPACITY and GET LBA STATUS: how many blocks there are, and which of them are mapped.
#include <algorithm>
#include <array>
#include <vector>

#include "array/block_io.h"
#include "array/commands.h"
#include "scsi/capacity.h"
#include "scsi/lba_status.h"
#include "scsi/sense.h"

namespace array {
namespace {

constexpr size_t kMaxStatusRanges = 64;

scsi::Capacity capacity_of(const Lun& lun) {
  scsi::Capacity capacity;
  capacity.last_lba = lun.block_count() - 1;
  capacity.block_bytes = lun.block_bytes();
  capacity.physical_exponent = lun.physical_exponent();
  capacity.thin = lun.thin();
  capacity.read_zeros = lun.thin();
  return capacity;
}

}  // namespace

void read_capacity10(Context& context) {
  std::array<uint8_t, 8> data{};
  scsi::encode_capacity10(data, capacity_of(*context.lun));
  end_with_data(context.task, data, data.size());
}

void read_capacity16(Context& context) {
  std::array<uint8_t, 32> data{};
  scsi::encode_capacity16(data, capacity_of(*context.lun));
  end_with_data(context.task, data, base::load_be32(&context.cdb()[10]));
}

// As many ranges as the allocation length has room for, and always one.
void get_lba_status(Context& context) {
  const base::Bytes cdb = context.cdb();
  const uint64_t lba = base::load_be64(&cdb[2]);
  const size_t allocation = base::load_be32(&cdb[10]);
  if (!check_range(context, lba, 1)) {
    return;
  }
  const size_t room = allocation < scsi::kLbaStatusHeaderBytes
                          ? 0
                          : (allocation - scsi::kLbaStatusHeaderBytes) / scsi::kLbaStatusBytes;
  const auto ranges = context.lun->lba_status(lba, std::clamp<size_t>(room, 1, kMaxStatusRanges));
  std::vector<uint8_t> data(scsi::kLbaStatusHeaderBytes + ranges.size() * scsi::kLbaStatusBytes);
  scsi::encode_lba_status(data, ranges);
  end_with_data(context.task, data, allocation);
}

}  // namespace array
