// A block request with its buffers, as tests submit them.
#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <vector>

#include "mpio/block_device.h"

namespace io::nbd::testing {

struct TestIo {
  // A read or write is spread over `pieces` buffers.
  TestIo(mpio::BlockOp op, uint64_t offset_bytes, uint64_t length_bytes, size_t pieces = 1) {
    request.op = op;
    request.offset_bytes = offset_bytes;
    request.length_bytes = length_bytes;
    request.owner = this;
    request.done = [](mpio::BlockRequest& done) {
      TestIo& io = *static_cast<TestIo*>(done.owner);
      ++io.completions;
      if (io.then) {
        io.then();
      }
    };
    if (op == mpio::BlockOp::read || op == mpio::BlockOp::write) {
      data.resize(length_bytes);
      const size_t step = length_bytes / pieces;
      for (size_t i = 0; i < pieces; ++i) {
        const size_t end = i + 1 == pieces ? length_bytes : (i + 1) * step;
        slices.push_back({data.data() + i * step, end - i * step});
      }
      request.slices = slices;
    }
  }
  TestIo(const TestIo&) = delete;
  TestIo& operator=(const TestIo&) = delete;

  std::vector<uint8_t> data;  // of all pieces
  std::vector<mpio::IoSlice> slices;
  mpio::BlockRequest request;
  int completions = 0;
  std::function<void()> then;  // runs when it completes
};

inline void fill(std::vector<uint8_t>& data, unsigned seed) {
  std::mt19937 random(seed);
  for (uint8_t& byte : data) {
    byte = static_cast<uint8_t>(random());
  }
}

}  // namespace io::nbd::testing
