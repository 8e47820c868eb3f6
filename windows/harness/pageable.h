// Memory that may be paged out. A driver may touch it below DISPATCH_LEVEL only, and so never while
// it holds a spin lock: here the pages cannot be read or written meanwhile, and whoever tries ends
// the process with a sentence that says which memory, at which IRQL and in which function
// (crash.h).
//
// What a driver is handed at PASSIVE_LEVEL is such memory unless its owner promises more:
// DriverEntry's registry path, what InquireDriver is shown of a device, buffers of WMI.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "windows/abi/kernel.h"
#include "windows/harness/guarded_bytes.h"

namespace harness {

// For the thread at home, below DISPATCH_LEVEL: made, filled and gone there. It follows the IRQL of
// that thread alone; others (Threads::Visitor) are given none. Reading beyond its end crashes, but
// for up to 7 bytes.
class PageableBytes {
 public:
  // `what` it is, as a message begins with it.
  PageableBytes(const char* what, size_t bytes);
  PageableBytes(const char* what, std::span<const uint8_t> content);
  ~PageableBytes();
  PageableBytes(const PageableBytes&) = delete;
  PageableBytes& operator=(const PageableBytes&) = delete;
  uint8_t* data() { return pages_.data(); }  // aligned to 8

  static bool any() { return count_.load(std::memory_order_relaxed) != 0; }
  // The thread at home is at this IRQL from now on.
  static void follow(KIRQL irql);
  // What the memory at this address is; null: no such memory.
  static const char* name_of(const void* address);

 private:
  inline static std::atomic<unsigned> count_{0};
  const char* what_;
  GuardedBytes pages_;
};

}  // namespace harness
