// Memory from the kernel's pool: never paged, never executable, aligned to cache lines. Each kind
// of block has its tag, so that what leaks says what it is. IRQL: up to DISPATCH_LEVEL.
#pragma once

#include <cstring>
#include <new>
#include <utility>

#include "windows/abi/kernel.h"

namespace driver {

// Shown by the kernel's tools lowest byte first.
constexpr ULONG pool_tag(const char (&text)[5]) {
  return static_cast<ULONG>(static_cast<UCHAR>(text[0])) |
         static_cast<ULONG>(static_cast<UCHAR>(text[1])) << 8 |
         static_cast<ULONG>(static_cast<UCHAR>(text[2])) << 16 |
         static_cast<ULONG>(static_cast<UCHAR>(text[3])) << 24;
}
inline constexpr ULONG kDriverTag = pool_tag("DkDr");
inline constexpr ULONG kLunTag = pool_tag("DkLu");
inline constexpr ULONG kLanesTag = pool_tag("DkLa");
inline constexpr ULONG kPathTag = pool_tag("DkPa");
inline constexpr ULONG kDeviceTag = pool_tag("DkDe");
inline constexpr ULONG kRequestTag = pool_tag("DkRq");
inline constexpr ULONG kCommandTag = pool_tag("DkCo");
inline constexpr ULONG kBufferTag = pool_tag("DkBu");
inline constexpr ULONG kTextTag = pool_tag("DkTx");
// Given away: MPIO frees it.
inline constexpr ULONG kControllerTag = pool_tag("DkCt");

// Null when there is none. The bytes are zero.
inline void* allocate_bytes(size_t bytes, ULONG tag) {
  void* const block = ExAllocatePoolWithTag(NonPagedPoolNxCacheAligned, bytes, tag);
  if (block != nullptr) {
    std::memset(block, 0, bytes);
  }
  return block;
}

template <typename T, typename... Arguments>
T* allocate(ULONG tag, Arguments&&... arguments) {
  void* const block = allocate_bytes(sizeof(T), tag);
  return block == nullptr ? nullptr : new (block) T(std::forward<Arguments>(arguments)...);
}

// `count` of them in one block.
template <typename T>
T* allocate_array(size_t count, ULONG tag) {
  T* const first = static_cast<T*>(allocate_bytes(count * sizeof(T), tag));
  for (size_t i = 0; first != nullptr && i < count; ++i) {
    new (first + i) T();
  }
  return first;
}

// Everything that lives in the pool is trivially destroyed.
inline void release_block(void* block, ULONG tag) {
  if (block != nullptr) {
    ExFreePoolWithTag(block, tag);
  }
}

// A block that lives as long as its scope.
template <typename T>
class PoolBuffer {
 public:
  PoolBuffer(size_t count, ULONG tag)
      : items_(allocate_array<T>(count, tag)), count_(items_ != nullptr ? count : 0), tag_(tag) {}
  ~PoolBuffer() { release_block(items_, tag_); }
  PoolBuffer(const PoolBuffer&) = delete;
  PoolBuffer& operator=(const PoolBuffer&) = delete;

  bool valid() const { return items_ != nullptr; }
  T* data() { return items_; }
  size_t size() const { return count_; }
  T& operator[](size_t index) { return items_[index]; }

 private:
  T* items_;
  size_t count_;
  ULONG tag_;
};

}  // namespace driver
