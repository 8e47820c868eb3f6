// For tests only: bytes that end right before an unmapped page, so that reading one byte too far
// crashes even without a sanitizer.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "base/bytes.h"

namespace scsi {

class GuardedBytes {
 public:
  explicit GuardedBytes(base::Bytes from) : GuardedBytes(from.size()) {
    base::copy_bounded(writable(), from);
  }
  // `size` bytes of zero.
  explicit GuardedBytes(size_t size) : size_(size) {
    const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    const size_t room = (size_ / page + 1) * page;
    mapped_bytes_ = room + page;
    map_ = mmap(nullptr, mapped_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map_ == MAP_FAILED) {
      std::abort();
    }
    data_ = static_cast<uint8_t*>(map_) + room - size_;
    if (mprotect(static_cast<uint8_t*>(map_) + room, page, PROT_NONE) != 0) {
      std::abort();
    }
  }
  GuardedBytes(const GuardedBytes&) = delete;
  GuardedBytes& operator=(const GuardedBytes&) = delete;
  ~GuardedBytes() { munmap(map_, mapped_bytes_); }

  base::Bytes view() const { return {data_, size_}; }
  base::MutableBytes writable() { return {data_, size_}; }

 private:
  void* map_ = nullptr;
  uint8_t* data_ = nullptr;
  size_t size_ = 0;
  size_t mapped_bytes_ = 0;
};

// Calls check(prefix) with every proper prefix of `whole`, the empty one first, each guarded.
template <typename F>
void for_each_truncation(base::Bytes whole, F&& check) {
  for (size_t length = 0; length < whole.size(); ++length) {
    const GuardedBytes guarded(whole.first(length));
    check(guarded.view());
  }
}

// Calls encode(buffer) with a guarded, zeroed buffer of every length from 0 to `longest`.
template <typename F>
void for_each_buffer(size_t longest, F&& encode) {
  for (size_t length = 0; length <= longest; ++length) {
    GuardedBytes guarded(length);
    encode(guarded.writable());
  }
}

}  // namespace scsi
