// Command descriptor blocks: the range of any bytes, and that READ and WRITE built from it say the
// same.
#include "base/assert.h"
#include "scsi/block_range.h"
#include "scsi/cdb.h"

namespace {

void check_rebuilt(const scsi::BlockRange& range) {
  const auto blocks = static_cast<uint32_t>(range.blocks);
  const scsi::Cdb cdb = range.access == scsi::BlockAccess::read
                            ? scsi::make_read(range.lba, blocks, range.fua)
                            : scsi::make_write(range.lba, blocks, range.fua);
  const auto again = scsi::block_range(cdb.span());
  BASE_ASSERT(again && again->lba == range.lba && again->blocks == range.blocks &&
              again->access == range.access && again->fua == range.fua);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const base::Bytes cdb(data, size);
  static_cast<void>(scsi::name_of_command(cdb));
  const auto range = scsi::block_range(cdb);
  if (size == 0) {
    BASE_ASSERT(!range);
    return 0;
  }
  BASE_ASSERT(scsi::cdb_length_of(data[0]) <= 16);
  if (!range) {
    return 0;
  }
  const bool reads = range->access == scsi::BlockAccess::read;
  const bool writes = range->access == scsi::BlockAccess::write;
  BASE_ASSERT(!writes || scsi::changes_medium(data[0]));
  BASE_ASSERT(!reads || !scsi::changes_medium(data[0]));
  if ((reads || writes) && range->blocks != 0) {
    check_rebuilt(*range);
  }
  return 0;
}
