// A lane is one thread's (one processor's) share of a LUN's counters. Its owner alone writes it,
// with plain loads and stores, so nothing on the I/O path is shared between processors: shared
// counters cost five to seven times more.
//
// A command is counted off on the lane that counted it on, by the same thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "dsm/limits.h"

namespace dsm {

inline constexpr size_t kCacheLine = 64;

struct alignas(kCacheLine) Lane {
  // Commands begun and not completed, per slot. Others read it: the control plane after
  // synchronise_lanes, and the other lanes' refresh.
  std::array<std::atomic<uint32_t>, kMaxPathsPerLun> in_flight{};
  // The owner's own.
  alignas(kCacheLine) uint32_t cursor = 0;  // slot to look at first, next time
  uint32_t selects_until_refresh = 0;
  // Sum of the other lanes' in_flight, refreshed every kRefreshPeriod selections of this lane. So a
  // depth that this lane compares is exact for its own commands and, for the others', at most
  // kRefreshPeriod selections of its own old.
  alignas(kCacheLine) std::array<uint32_t, kMaxPathsPerLun> others{};

  static constexpr uint32_t kRefreshPeriod = 16;

  void add(unsigned slot, uint32_t delta) {
    std::atomic<uint32_t>& count = in_flight[slot];
    count.store(count.load(std::memory_order_relaxed) + delta, std::memory_order_release);
  }
};

}  // namespace dsm
