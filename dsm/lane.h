// A lane is one thread's (one processor's) share of a LUN's counters. Its owner alone writes it,
// with plain loads and stores, so nothing on the I/O path is shared between processors: shared
// counters cost five to seven times more.
//
// A command is counted off on the lane that counted it on, by the same thread.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>

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
  // Their weights, of those that least blocks chose the path for.
  PerSlot load{};

  // The owner's own, one line. Ends of the last transfers by least blocks, and where they went.
  static constexpr unsigned kStreams = 4;
  static constexpr uint64_t kNoStream = UINT64_MAX;
  alignas(kCacheLine) std::array<uint64_t, kStreams> stream_end{kNoStream, kNoStream, kNoStream,
                                                                kNoStream};
  std::array<uint8_t, kStreams> stream_slot{};
  uint32_t cursor = 0;  // slot to look at first, next time; 32 is 0
  // Policies that compare what is under way, see dsm/policy/lowest.h: what the command just chosen
  // weighs, and where the least is.
  uint32_t chosen_load = 0;
  uint32_t lowest_slots = 0;
  uint32_t lowest_value = 0;  // a weight
  uint32_t compared_among = 0;
  uint16_t timing = kToBeTimed;  // see is_timed()
  uint8_t selects_until_refresh = 0;
  uint8_t next_stream = 0;
  uint8_t compared_by = 0;     // the PolicyId that `key` is about
  bool lowest_is_all = false;  // lowest_slots holds all that have the least, or else some of them
  uint8_t first_rank = 0;      // the slot with rank 0: after every refresh the one whose turn it is
  // Per slot what is under way there plus the slot's rank, which is below kWeightUnit: the least
  // key tells where the least is and, of equals, whose turn it is. Exact for this lane's commands
  // and, for the others', at most kRefreshPeriod selections of its own old. Just after a change of
  // policy it may be wrong for so long, as commands that are counted off may have been weighed
  // otherwise.
  alignas(kCacheLine) std::array<uint32_t, kMaxPathsPerLun> key{};

  // How long commands take per slot: a mean of this lane's own. 0: none has been measured.
  alignas(kCacheLine) std::array<uint32_t, kMaxPathsPerLun> service_ns{};

  std::array<LaneCounters, kMaxPathsPerLun> counters{};

  static constexpr uint8_t kRefreshPeriod = 32;
  // Weights are multiples of kWeightUnit: that is one command to least queue depth, and
  // kLoadUnitBytes of data to least blocks.
  static constexpr uint32_t kWeightUnit = 32;
  static constexpr uint32_t kLoadUnitBytes = 512;
  static_assert(kWeightUnit >= kMaxPathsPerLun && std::has_single_bit(kWeightUnit));

  // `delta` is a signed number in two's complement.
  void add(unsigned slot, uint32_t delta) {
    std::atomic<uint32_t>& count = in_flight[slot];
    count.store(count.load(std::memory_order_relaxed) + delta, std::memory_order_release);
  }

  static constexpr uint32_t rank_of(unsigned slot, uint32_t first) {
    return (slot - first) % kWeightUnit;
  }
  unsigned slot_of(uint32_t a_key) const { return (a_key + first_rank) % kWeightUnit; }
  static constexpr uint32_t weight_in(uint32_t a_key) { return a_key & ~(kWeightUnit - 1); }

  // A command of a policy that compares what is under way. `weight` is never 0, so that commands of
  // all other policies are told apart by one comparison.
  void begin_weighed(unsigned slot, uint32_t weight) {
    add_load(slot, weight);
    key[slot] += weight;
    lowest_slots &= ~base::bit(slot);
  }
  void end_weighed(unsigned slot, uint32_t weight) {
    add_load(slot, ~weight + 1);
    const uint32_t now = key[slot] - weight;
    key[slot] = now;
    if (now < lowest_value) {
      lowest_slots = base::bit(slot);
      lowest_value = weight_in(now);
      lowest_is_all = true;
    } else if (now < lowest_value + kWeightUnit) {
      lowest_slots = lowest_is_all ? lowest_slots | base::bit(slot) : 0;
    }
  }

  // For a host whose clock costs as much as a choice: is this command, which begins, to be timed?
  // One in eight is, and so is the next one that a policy asks for. Steps by the golden ratio meet
  // each path alike, in whatever rhythm the paths take turns.
  static constexpr uint16_t kTimingStep = 0x9e37;
  static constexpr uint16_t kToBeTimed = 0x10000 - kTimingStep;
  bool is_timed() {
    timing = static_cast<uint16_t>(timing + kTimingStep);
    return timing < 0x10000 / 8;
  }
  void time_next() { timing = kToBeTimed; }

  // Each measurement counts an eighth; the first, and what is longer than 4 s, as it is.
  void measured(unsigned slot, uint64_t taken_ns) {
    const uint32_t sample = taken_ns < UINT32_MAX ? static_cast<uint32_t>(taken_ns) : UINT32_MAX;
    const uint32_t mean = service_ns[slot];
    service_ns[slot] = mean == 0 ? sample : mean - mean / 8 + sample / 8;
  }

 private:
  void add_load(unsigned slot, uint32_t delta) {
    std::atomic<uint32_t>& sum = load[slot];
    sum.store(sum.load(std::memory_order_relaxed) + delta, std::memory_order_relaxed);
  }
};

// With two paths, the least that makes sense, a nexus costs a lane little more than a kibibyte.
static_assert(sizeof(Lane) <= 2 * 1024 + 320);

}  // namespace dsm
