// See block_range.h.
#include "scsi/block_range.h"

#include "scsi/cdb.h"
#include "scsi/opcodes.h"

namespace scsi {
namespace {

constexpr std::array<BlockMeaning, 256> make_block_meanings() {
  std::array<BlockMeaning, 256> table{};
  const auto all = [&table](BlockAccess access, uint8_t fua, auto... opcodes) {
    ((table[opcodes] = {cdb_length_of(opcodes), access, fua}), ...);
  };
  all(BlockAccess::read, 0, kRead6);
  all(BlockAccess::read, kCdbFua, kRead10, kRead12, kRead16);
  all(BlockAccess::write, 0, kWrite6, kWriteAndVerify10, kWriteAndVerify12, kWriteAndVerify16);
  all(BlockAccess::write, kCdbFua, kWrite10, kWrite12, kWrite16);
  all(BlockAccess::verify, 0, kVerify10, kVerify12, kVerify16);
  all(BlockAccess::prefetch, 0, kPreFetch10, kPreFetch16);
  all(BlockAccess::write_same, 0, kWriteSame10, kWriteSame16);
  all(BlockAccess::synchronize, 0, kSynchronizeCache10, kSynchronizeCache16);
  return table;
}

}  // namespace

constexpr std::array<BlockMeaning, 256> kBlockMeanings = make_block_meanings();

}  // namespace scsi
