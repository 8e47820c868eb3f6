// A lane is one thread's (one processor's) share of a LUN's counters. Its owner alone writes it,
// with plain loads and stores, so nothing on the I/O path is shared between processors: shared
// counters cost five to seven times more.
//
// A command is counted off on the lane that counted it on, by the same thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <utility>

#include "base/bits.h"
#include "dsm/limits.h"
#include "dsm/statistics.h"

namespace dsm {

inline constexpr size_t kCacheLine = 64;

struct alignas(kCacheLine) Lane {
  using PerSlot = std::array<std::atomic<uint32_t>, kMaxPathsPerLun>;

  // Commands begun and not completed, per slot. Others read it: the control plane after
  // synchronise_lanes, and the other lanes' refresh.
  PerSlot in_flight{};
  // Their data in units of kLoadUnitBytes, of those that least blocks chose the path for.
  PerSlot load{};

  // The owner's own, one line. Ends of the last transfers by least blocks, and where they went.
  static constexpr unsigned kStreams = 4;
  alignas(kCacheLine) std::array<uint64_t, kStreams> stream_end{};
  uint32_t cursor = 0;  // slot to look at first, next time; 32 is 0
  uint32_t selects_until_refresh = 0;
  // What the command just chosen weighs, by policies that compare what is under way; see tracked().
  uint32_t chosen_load = 0;
  // Where the least of a measure is found; see dsm/policy/lowest.h.
  uint32_t ended = 0;  // slots where a command has ended since the last look
  uint32_t lowest_slots = 0;
  uint32_t lowest_value = 0;
  uint32_t lowest_among = 0;
  std::array<uint8_t, kStreams> stream_slot{kNoStream, kNoStream, kNoStream, kNoStream};
  uint8_t next_stream = 0;
  uint8_t measure = 0;  // what `others` and `lowest_*` are about

  // Sum of the other lanes' measure, refreshed every kRefreshPeriod selections of this lane. So a
  // depth that this lane compares is exact for its own commands and, for the others', at most
  // kRefreshPeriod selections of its own old.
  alignas(kCacheLine) std::array<uint32_t, kMaxPathsPerLun> others{};

  std::array<LaneCounters, kMaxPathsPerLun> counters{};

  static constexpr uint32_t kRefreshPeriod = 16;
  static constexpr uint8_t kNoStream = 0xff;
  static constexpr uint32_t kLoadUnitBytes = 512;

  // `delta` is a signed number in two's complement.
  void add(unsigned slot, uint32_t delta) {
    std::atomic<uint32_t>& count = in_flight[slot];
    if (static_cast<int32_t>(delta) < 0) {
      note_end(slot);
    }
    count.store(count.load(std::memory_order_relaxed) + delta, std::memory_order_release);
  }

  // A command's load as chosen_load and Token carry it: never 0, so that commands of the policies
  // that compare no loads are told apart by one comparison.
  static constexpr uint32_t tracked(uint32_t units) { return (units << 1) | 1U; }
  uint32_t begin_load(unsigned slot) {
    const uint32_t tracked_load = std::exchange(chosen_load, 0);
    add_load(slot, tracked_load >> 1);
    return tracked_load;
  }
  void end_load(unsigned slot, uint32_t tracked_load) {
    note_end(slot);
    add_load(slot, ~(tracked_load >> 1) + 1);
  }

 private:
  void note_end(unsigned slot) { ended |= base::bit(slot); }
  void add_load(unsigned slot, uint32_t delta) {
    std::atomic<uint32_t>& sum = load[slot];
    sum.store(sum.load(std::memory_order_relaxed) + delta, std::memory_order_relaxed);
  }
};

// With two paths, the least that makes sense, a nexus still costs a lane less than a kibibyte.
static_assert(sizeof(Lane) <= 2 * 1024);

}  // namespace dsm
