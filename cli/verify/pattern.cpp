// Sector layout: magic 8, seed 8, block 8, version 8, sector index 8 bytes, then 59 words of a
// stream seeded by all of them. Host byte order: the bytes never leave this machine's verifier.
#include "cli/verify/pattern.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/prng.h"

namespace cli::verify {
namespace {

constexpr uint64_t kMagic = 0x6b6c627673643031;  // reads "10dsvblk" in a little-endian dump
constexpr size_t kWords = kSectorBytes / sizeof(uint64_t);
constexpr size_t kHeaderWords = 5;
using Sector = std::array<uint64_t, kWords>;

Sector make_sector(uint64_t seed, uint64_t block_number, uint64_t version, uint64_t index) {
  Sector sector{kMagic, seed, block_number, version, index};
  uint64_t state = seed;
  for (const uint64_t part : {block_number, version, index}) {
    state = base::splitmix64(state) ^ part;
  }
  for (size_t i = kHeaderWords; i < kWords; ++i) {
    sector[i] = base::splitmix64(state);
  }
  return sector;
}

}  // namespace

void fill_block(std::span<uint8_t> block, uint64_t seed, uint64_t block_number, uint64_t version) {
  for (size_t at = 0; at < block.size(); at += kSectorBytes) {
    const Sector sector = make_sector(seed, block_number, version, at / kSectorBytes);
    std::memcpy(block.data() + at, sector.data(), kSectorBytes);
  }
}

BlockContent read_block(std::span<const uint8_t> block, uint64_t seed, uint64_t block_number) {
  BlockContent content;
  if (std::all_of(block.begin(), block.end(), [](uint8_t byte) { return byte == 0; })) {
    content.kind = BlockKind::blank;
    return content;
  }
  uint64_t oldest = 0;
  uint64_t newest = 0;
  uint64_t claimed = 0;
  for (size_t at = 0; at < block.size(); at += kSectorBytes) {
    Sector sector;
    std::memcpy(sector.data(), block.data() + at, kSectorBytes);
    const bool first = at == 0;
    if (sector[0] != kMagic || sector[1] != seed ||
        sector != make_sector(seed, sector[2], sector[3], at / kSectorBytes) ||
        (!first && sector[2] != claimed)) {
      return content;
    }
    claimed = sector[2];
    oldest = first ? sector[3] : std::min(oldest, sector[3]);
    newest = std::max(newest, sector[3]);
  }
  content.claimed_block = claimed;
  content.version = oldest;
  content.kind = claimed != block_number ? BlockKind::misplaced
                 : oldest != newest      ? BlockKind::torn
                                         : BlockKind::versioned;
  return content;
}

}  // namespace cli::verify
