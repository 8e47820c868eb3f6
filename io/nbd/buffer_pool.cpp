// Buffers come in powers of two, so that a stream of equal requests reuses the same few.
#include "io/nbd/buffer_pool.h"

#include <algorithm>
#include <bit>

namespace io::nbd {
namespace {

constexpr size_t kAlignmentBytes = 4096;

}  // namespace

Buffer BufferPool::take(size_t size_bytes) {
  const size_t capacity = std::bit_ceil(std::max(size_bytes, kAlignmentBytes));
  const auto found = std::find_if(cached_.rbegin(), cached_.rend(), [&](const Buffer& cached) {
    return cached.capacity_bytes == capacity;
  });
  if (found != cached_.rend()) {
    std::swap(*found, cached_.back());
    Buffer buffer = std::move(cached_.back());
    cached_.pop_back();
    return buffer;
  }
  if (capacity > limit_bytes_) {
    return {};
  }
  drop_cached(limit_bytes_ - capacity);
  if (held_bytes_ + capacity > limit_bytes_) {
    return {};
  }
  auto* data = static_cast<uint8_t*>(std::aligned_alloc(kAlignmentBytes, capacity));
  if (data == nullptr) {
    drop_cached(0);
    data = static_cast<uint8_t*>(std::aligned_alloc(kAlignmentBytes, capacity));
  }
  if (data == nullptr) {
    return {};
  }
  held_bytes_ += capacity;
  Buffer buffer;
  buffer.data.reset(data);
  buffer.capacity_bytes = capacity;
  return buffer;
}

void BufferPool::give_back(Buffer buffer) {
  if (buffer.data != nullptr) {
    cached_.push_back(std::move(buffer));
  }
}

void BufferPool::drop_cached(size_t until_held_bytes) {
  while (held_bytes_ > until_held_bytes && !cached_.empty()) {
    held_bytes_ -= cached_.back().capacity_bytes;
    cached_.pop_back();
  }
}

}  // namespace io::nbd
