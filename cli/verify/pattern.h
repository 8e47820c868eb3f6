// What the verifier writes into a block, so that a block says by itself who wrote it: every
// 512-byte sector carries the run's seed, the block's number and the version, and the rest follows
// from these. A sector of another version, another block or another run is told apart from rubbish.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace cli::verify {

inline constexpr size_t kSectorBytes = 512;

// Fills `block` (a multiple of kSectorBytes).
void fill_block(std::span<uint8_t> block, uint64_t seed, uint64_t block_number, uint64_t version);

enum class BlockKind : uint8_t {
  versioned,  // one whole block of this run; `version` says which
  blank,      // all zero: never written (or trimmed)
  torn,       // whole sectors of this run and block, but of different versions
  misplaced,  // a valid block of this run that belongs elsewhere
  foreign,    // anything else: rubbish, or written by somebody else
};

struct BlockContent {
  BlockKind kind = BlockKind::foreign;
  uint64_t version = 0;        // versioned: its version; torn: the oldest sector's
  uint64_t claimed_block = 0;  // misplaced: where it belongs
};

// Says what a block read back is. Every byte counts: one flipped bit makes it foreign.
BlockContent read_block(std::span<const uint8_t> block, uint64_t seed, uint64_t block_number);

}  // namespace cli::verify
