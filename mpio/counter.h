// A number that one thread changes and any thread may read. No locked instruction: the owner alone
// writes it.
#pragma once

#include <atomic>
#include <cstdint>

namespace mpio {

class Counter {
 public:
  Counter& operator+=(uint64_t more) { return set(get() + more); }
  Counter& operator-=(uint64_t less) { return set(get() - less); }
  Counter& operator++() { return *this += 1; }
  Counter& operator--() { return *this -= 1; }
  void raise_to(uint64_t value) {
    if (value > get()) {
      set(value);
    }
  }
  // Any thread.
  uint64_t get() const { return value_.load(std::memory_order_relaxed); }
  // Any thread: the value, and zero from here on. Only for what the owner does nothing with but
  // raise_to().
  uint64_t take() { return value_.exchange(0, std::memory_order_relaxed); }

 private:
  Counter& set(uint64_t value) {
    value_.store(value, std::memory_order_relaxed);
    return *this;
  }
  std::atomic<uint64_t> value_{0};
};

}  // namespace mpio
