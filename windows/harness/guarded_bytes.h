// Bytes at the end of readable memory: whoever reads or writes beyond them crashes.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>

namespace harness {

// Whole pages with an unreadable one behind them; `bytes` at their end.
class GuardedBytes {
 public:
  explicit GuardedBytes(size_t bytes)
      : bytes_(bytes), whole_((bytes / kPage + (bytes % kPage != 0 ? 1 : 0)) * kPage) {
    pages_ = static_cast<uint8_t*>(
        mmap(nullptr, whole_ + kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    mprotect(pages_ + whole_, kPage, PROT_NONE);
  }
  ~GuardedBytes() { munmap(pages_, whole_ + kPage); }
  GuardedBytes(const GuardedBytes&) = delete;
  GuardedBytes& operator=(const GuardedBytes&) = delete;
  uint8_t* data() { return pages_ + whole_ - bytes_; }

  // Whether the pages themselves can be read and written: they can, at first.
  void open(bool readable) {
    mprotect(pages_, whole_, readable ? PROT_READ | PROT_WRITE : PROT_NONE);
  }
  bool contains(const void* address) const {
    return address >= pages_ && address < pages_ + whole_;
  }

 private:
  static constexpr size_t kPage = 4096;
  size_t bytes_;
  size_t whole_;
  uint8_t* pages_ = nullptr;
};

}  // namespace harness
