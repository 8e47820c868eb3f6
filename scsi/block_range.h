// What a command does with which blocks. Inline: it is asked for each command that is balanced by
// its data.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace scsi {

enum class BlockAccess : uint8_t { read, write, verify, prefetch, unmap, write_same, synchronize };
struct BlockRange {
  BlockAccess access = BlockAccess::read;
  uint64_t lba = 0;
  uint64_t blocks = 0;  // 0 means none (SYNCHRONIZE CACHE, PRE-FETCH, WRITE SAME: to the end)
  bool fua = false;     // READ and WRITE 10 to 16 only
};

// What an operation code says about blocks.
struct BlockMeaning {
  uint8_t length = 0;  // of the CDB; 0: there is no range in it
  BlockAccess access = BlockAccess::read;
  uint8_t fua = 0;  // the bit of byte 1 that says FUA; in others it says UNMAP, or is reserved
};
extern const std::array<BlockMeaning, 256> kBlockMeanings;

// Reads the block range of READ/WRITE 6-16, VERIFY, WRITE AND VERIFY, PRE-FETCH, WRITE SAME,
// SYNCHRONIZE CACHE (SBC-3 5.8-5.40). Empty for all others (UNMAP carries its ranges in its data)
// and when fewer bytes are there than the operation code asks for. A command without a range here
// for which changes_medium() is true (COMPARE AND WRITE, UNMAP, unknown codes) may change any
// block.
[[gnu::always_inline]] inline std::optional<BlockRange> block_range(base::Bytes cdb) {
  if (cdb.empty()) {
    return std::nullopt;
  }
  const BlockMeaning meaning = kBlockMeanings[cdb[0]];
  if (meaning.length == 0 || cdb.size() < meaning.length) {
    return std::nullopt;
  }
  BlockRange range{.access = meaning.access, .fua = (cdb[1] & meaning.fua) != 0};
  switch (meaning.length) {
    case 16:
      range.lba = base::load_be64(&cdb[2]);
      range.blocks = base::load_be32(&cdb[10]);
      break;
    case 12:
      range.lba = base::load_be32(&cdb[2]);
      range.blocks = base::load_be32(&cdb[6]);
      break;
    case 10:
      range.lba = base::load_be32(&cdb[2]);
      range.blocks = base::load_be16(&cdb[7]);
      break;
    default:
      range.lba = base::load_be24(&cdb[1]) & 0x1fffff;
      range.blocks = cdb[4] == 0 ? 256 : cdb[4];
      break;
  }
  return range;
}

}  // namespace scsi
