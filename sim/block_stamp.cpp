// See block_stamp.h.
#include "sim/block_stamp.h"

#include <cstring>

namespace sim {
namespace {

// 64-bit word `index` of a block; word 0 is the id itself.
uint64_t word_of(uint64_t block_number, uint64_t write_id, uint64_t index) {
  if (write_id == 0) {
    return 0;
  }
  return index == 0
             ? write_id
             : (write_id * 0x9e3779b97f4a7c15) ^ ((block_number * 64 + index) * 0xc2b2ae3d27d4eb4f);
}

}  // namespace

void stamp(std::span<uint8_t> block, uint64_t block_number, uint64_t write_id) {
  for (uint64_t i = 0; i < block.size() / 8; ++i) {
    const uint64_t word = word_of(block_number, write_id, i);
    std::memcpy(block.data() + i * 8, &word, 8);
  }
}

Stamp read_stamp(std::span<const uint8_t> block, uint64_t block_number) {
  Stamp result;
  std::memcpy(&result.write_id, block.data(), 8);
  for (uint64_t i = 0; i < block.size() / 8; ++i) {
    uint64_t word = 0;
    std::memcpy(&word, block.data() + i * 8, 8);
    if (word != word_of(block_number, result.write_id, i)) {
      return result;
    }
  }
  result.readable = true;
  return result;
}

}  // namespace sim
