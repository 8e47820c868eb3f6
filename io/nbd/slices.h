// A window on a list of buffers.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>

#include "base/bytes.h"
#include "mpio/transport.h"

namespace io::nbd {

// Fills `out` with the parts of `slices` that hold `count_bytes` from byte `skip_bytes` on, as far
// as they exist and `out` has room. Returns how many it used.
inline size_t window(std::span<const mpio::IoSlice> slices, uint64_t skip_bytes,
                     uint64_t count_bytes, std::span<mpio::IoSlice> out) {
  size_t used = 0;
  for (const mpio::IoSlice& slice : slices) {
    if (count_bytes == 0 || used == out.size()) {
      break;
    }
    if (skip_bytes >= slice.size_bytes) {
      skip_bytes -= slice.size_bytes;
      continue;
    }
    const auto part =
        static_cast<size_t>(std::min<uint64_t>(slice.size_bytes - skip_bytes, count_bytes));
    out[used++] = {slice.data + skip_bytes, part};
    skip_bytes = 0;
    count_bytes -= part;
  }
  return used;
}

// Copies `from` into the slices from byte `skip_bytes` on, or zeroes `zero_bytes` there.
inline void scatter(std::span<const mpio::IoSlice> slices, uint64_t skip_bytes, base::Bytes from) {
  mpio::IoSlice part;
  while (!from.empty() && window(slices, skip_bytes, from.size(), {&part, 1}) != 0) {
    std::memcpy(part.data, from.data(), part.size_bytes);
    from = from.subspan(part.size_bytes);
    skip_bytes += part.size_bytes;
  }
}
inline void scatter_zeroes(std::span<const mpio::IoSlice> slices, uint64_t skip_bytes,
                           uint64_t count_bytes) {
  mpio::IoSlice part;
  while (count_bytes != 0 && window(slices, skip_bytes, count_bytes, {&part, 1}) != 0) {
    std::memset(part.data, 0, part.size_bytes);
    skip_bytes += part.size_bytes;
    count_bytes -= part.size_bytes;
  }
}

}  // namespace io::nbd
