// See fast_kernel.h.
#include "windows/harness/fast_kernel.h"

#include <x86intrin.h>

#include <atomic>
#include <cstdlib>

#include "windows/harness/machine.h"

namespace harness {
namespace {

constexpr size_t kLine = 64;
constexpr size_t kClasses = 64;  // of up to as many lines; larger blocks come from the heap

// In front of a block.
struct alignas(kLine) Header {
  Header* next = nullptr;
  size_t lines = 0;
};

thread_local Header* free_blocks[kClasses] = {};
std::atomic<size_t> taken{0};
std::atomic<size_t> left{0};

KIRQL NTAPI lock(KSPIN_LOCK* word) {
  const KIRQL before = Machine::irql();
  Machine::set_irql(DISPATCH_LEVEL);
  while (std::atomic_ref(*word).exchange(1, std::memory_order_acquire) != 0) {
    std::this_thread::yield();
  }
  return before;
}

void NTAPI unlock(KSPIN_LOCK* word, KIRQL irql) {
  std::atomic_ref(*word).store(0, std::memory_order_release);
  Machine::set_irql(irql);
}

ULONG NTAPI processor(PROCESSOR_NUMBER*) {
  return Machine::processor;
}

// A load, as that of a real kernel is; of a clock that stands still.
std::atomic<ULONGLONG> interrupt_ticks{10'000'000};
ULONGLONG NTAPI interrupt_time() {
  return interrupt_ticks.load(std::memory_order_relaxed);
}

// The processor's counter and a multiplication, as in a real kernel; at what pace does not matter.
ULONGLONG NTAPI precise_time(ULONGLONG* performance_counter) {
  constexpr ULONGLONG kTicksPerCount = 0x0100'0000'0000'0000;  // of 64 binary places
  _mm_lfence();
  const ULONGLONG counted = __rdtsc();
  __extension__ using Wide = unsigned __int128;
  *performance_counter = static_cast<ULONGLONG>((Wide{counted} * kTicksPerCount) >> 64);
  return *performance_counter + interrupt_ticks.load(std::memory_order_relaxed);
}

}  // namespace

void* quick_block(size_t bytes) {
  const size_t lines = (bytes + kLine - 1) / kLine;
  taken.fetch_add(1, std::memory_order_relaxed);
  left.fetch_add(1, std::memory_order_relaxed);
  Header* block = lines < kClasses ? free_blocks[lines] : nullptr;
  if (block != nullptr) {
    free_blocks[lines] = block->next;
  } else {
    block = new (std::aligned_alloc(kLine, sizeof(Header) + lines * kLine)) Header{nullptr, lines};
  }
  return block + 1;
}

void release_quick_block(void* address) {
  Header* const block = static_cast<Header*>(address) - 1;
  left.fetch_sub(1, std::memory_order_relaxed);
  if (block->lines < kClasses) {
    block->next = free_blocks[block->lines];
    free_blocks[block->lines] = block;
  } else {
    std::free(block);
  }
}

size_t quick_blocks_taken() {
  return taken.load();
}

size_t quick_blocks_left() {
  return left.load();
}

Exports fast_exports() {
  Exports exports = all_exports();
  const auto replace = [&exports](const char* name, auto* function) {
    exports.at(std::string("ntoskrnl.exe!") + name) = reinterpret_cast<void*>(function);
  };
  replace("KeAcquireSpinLockRaiseToDpc", lock);
  replace("KeReleaseSpinLock", unlock);
  replace("KeGetCurrentProcessorNumberEx", processor);
  replace("KeQueryInterruptTimePrecise", precise_time);
  replace("KeQueryUnbiasedInterruptTime", interrupt_time);
  return exports;
}

}  // namespace harness
