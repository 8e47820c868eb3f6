// Work on 32-bit slot masks without library calls (popcount would pull in libgcc).
#pragma once

#include <bit>
#include <cstdint>

namespace base {

constexpr unsigned count_bits(uint32_t mask) {
  unsigned count = 0;
  while (mask != 0) {
    mask &= mask - 1;
    ++count;
  }
  return count;
}

// Index of the lowest set bit; `mask` must not be 0.
constexpr unsigned lowest_bit(uint32_t mask) {
  return static_cast<unsigned>(std::countr_zero(mask));
}

// The first set bit at or after `from` (0..31), wrapping around; `mask` must not be 0.
constexpr unsigned next_bit(uint32_t mask, unsigned from) {
  const uint32_t ahead = mask & (~uint32_t{0} << (from & 31U));
  return lowest_bit(ahead != 0 ? ahead : mask);
}

constexpr uint32_t bit(unsigned index) {
  return uint32_t{1} << index;
}

// Calls f(index) for each set bit, lowest first.
template <typename F>
constexpr void for_each_bit(uint32_t mask, F&& f) {
  while (mask != 0) {
    f(lowest_bit(mask));
    mask &= mask - 1;
  }
}

}  // namespace base
