// Bytes at the end of readable memory: whoever reads or writes beyond them crashes.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>

namespace harness {

// A page with an unreadable one behind it; `bytes` at its end.
class GuardedBytes {
 public:
  explicit GuardedBytes(size_t bytes) : bytes_(bytes) {
    page_ = static_cast<uint8_t*>(
        mmap(nullptr, 2 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    mprotect(page_ + kPage, kPage, PROT_NONE);
  }
  ~GuardedBytes() { munmap(page_, 2 * kPage); }
  GuardedBytes(const GuardedBytes&) = delete;
  GuardedBytes& operator=(const GuardedBytes&) = delete;
  uint8_t* data() { return page_ + kPage - bytes_; }

 private:
  static constexpr size_t kPage = 4096;
  size_t bytes_;
  uint8_t* page_ = nullptr;
};

}  // namespace harness
