// The data buffers of one connection: page-aligned, reused, and bounded in sum.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

namespace io::nbd {

struct BufferFree {
  void operator()(uint8_t* data) const { std::free(data); }
};

// Owns its memory, so it outlives the pool if it must. Empty when `data` is null.
struct Buffer {
  std::unique_ptr<uint8_t[], BufferFree> data;
  size_t capacity_bytes = 0;
};

class BufferPool {
 public:
  // `limit_bytes` bounds what is handed out and cached together; at least the largest buffer that
  // will be asked for, rounded up to a power of two.
  explicit BufferPool(size_t limit_bytes) : limit_bytes_(limit_bytes) {}

  // A buffer of at least `size_bytes` with undefined contents; empty when the limit does not allow
  // it now (or the machine has no memory): try again after a give_back().
  Buffer take(size_t size_bytes);
  void give_back(Buffer buffer);

  // Handed out and cached.
  size_t held_bytes() const { return held_bytes_; }

 private:
  void drop_cached(size_t until_held_bytes);

  size_t limit_bytes_;
  size_t held_bytes_ = 0;
  std::vector<Buffer> cached_;
};

}  // namespace io::nbd
