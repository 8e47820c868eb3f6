// What the workload writes into a block: the write's id and the block's number, spread over all of
// it, so that a block tells by itself which write it holds and one wrong bit shows.
#pragma once

#include <cstdint>
#include <span>

namespace sim {

inline constexpr uint32_t kBlockBytes = 512;

// `block` is kBlockBytes long. Id 0 gives zeros.
void stamp(std::span<uint8_t> block, uint64_t block_number, uint64_t write_id);

struct Stamp {
  bool readable = false;
  uint64_t write_id = 0;
};
Stamp read_stamp(std::span<const uint8_t> block, uint64_t block_number);

}  // namespace sim
