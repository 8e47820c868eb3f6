// A run of bytes in a caller's slices, and the walk through them from front to back.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "mpio/transport.h"

namespace io::iscsi::initiator {

struct SliceRun {
  const mpio::IoSlice* first = nullptr;
  size_t skip = 0;  // of the first slice
  size_t bytes = 0;

  // Calls `take(MutableBytes)` for piece after piece, until it returns false.
  template <typename Take>
  void for_each_piece(Take take) const {
    const mpio::IoSlice* slice = first;
    size_t before = skip;
    for (size_t left = bytes; left != 0; ++slice, before = 0) {
      const size_t count = std::min(slice->size_bytes - before, left);
      if (count != 0 && !take(base::MutableBytes(slice->data + before, count))) {
        return;
      }
      left -= count;
    }
  }
};

class SliceCursor {
 public:
  SliceCursor() = default;
  explicit SliceCursor(std::span<const mpio::IoSlice> slices) : at_(slices.data()) {}

  // The next `bytes`, which must be there.
  SliceRun take(size_t bytes) {
    const SliceRun run{at_, skip_, bytes};
    while (bytes != 0) {
      const size_t count = std::min(at_->size_bytes - skip_, bytes);
      bytes -= count;
      skip_ += count;
      if (skip_ == at_->size_bytes) {
        ++at_;
        skip_ = 0;
      }
    }
    return run;
  }

 private:
  const mpio::IoSlice* at_ = nullptr;
  size_t skip_ = 0;
};

}  // namespace io::iscsi::initiator
