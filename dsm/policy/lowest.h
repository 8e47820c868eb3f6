// The candidate with the least of a measure: what least queue depth (commands under way) and least
// blocks (their data) share. A lane compares its own counts exactly, and the other lanes' as of at
// most Lane::kRefreshPeriod selections ago.
//
// No scan per command: the lane remembers which candidates had the least. A value rises only where
// this lane begins a command, which is seen when the slot is looked at; it sinks only where one of
// its commands ends, which complete() notes in Lane::ended. So a scan is needed only when all that
// had the least have risen, that is once in as many commands as there are paths - and when the
// candidates or the other lanes' counts have changed. Inside dsm/policy/ only.
#pragma once

#include "base/bits.h"
#include "dsm/objects.h"

namespace dsm {

using Measure = Lane::PerSlot Lane::*;

template <Measure kOf>
uint32_t value_at(const Lane& lane, unsigned slot) {
  return (lane.*kOf)[slot].load(std::memory_order_relaxed) + lane.others[slot];
}

// Takes the other lanes' counts over.
template <Measure kOf>
void refresh_others(const Lun& lun, Lane& own, uint8_t measure) {
  own.measure = measure;
  own.selects_until_refresh = Lane::kRefreshPeriod;
  own.lowest_among = 0;
  own.others.fill(0);
  for (uint32_t i = 0; i < lun.published.lane_count; ++i) {
    const Lane& lane = lun.published.lanes[i];
    if (&lane == &own) {
      continue;
    }
    for (unsigned slot = 0; slot < kMaxPathsPerLun; ++slot) {
      own.others[slot] += (lane.*kOf)[slot].load(std::memory_order_relaxed);
    }
  }
}

// Before each choice. `measure`: any number but 0 that is kOf's own.
template <Measure kOf>
void keep_up(const Lun& lun, Lane& lane, uint8_t measure) {
  if (lane.measure != measure ||
      (lun.published.lane_count > 1 && lane.selects_until_refresh-- == 0)) [[unlikely]] {
    refresh_others<kOf>(lun, lane, measure);
  }
}

template <Measure kOf>
void find_lowest(Lane& lane, uint32_t candidates) {
  lane.lowest_among = candidates;
  lane.lowest_value = UINT32_MAX;
  lane.lowest_slots = 0;
  for (uint32_t rest = candidates; rest != 0; rest &= rest - 1) {
    const uint32_t slot = base::lowest_bit(rest);
    const uint32_t value = value_at<kOf>(lane, slot);
    lane.lowest_slots = value < lane.lowest_value ? 0 : lane.lowest_slots;
    lane.lowest_slots |= value <= lane.lowest_value ? base::bit(slot) : 0;
    lane.lowest_value = value < lane.lowest_value ? value : lane.lowest_value;
  }
}

// Slots where commands have ended may have the least now.
template <Measure kOf>
void look_at_ended(Lane& lane) {
  for (uint32_t rest = lane.ended & lane.lowest_among; rest != 0; rest &= rest - 1) {
    const uint32_t slot = base::lowest_bit(rest);
    const uint32_t value = value_at<kOf>(lane, slot);
    if (value < lane.lowest_value) {
      lane.lowest_value = value;
      lane.lowest_slots = base::bit(slot);
    } else if (value == lane.lowest_value) {
      lane.lowest_slots |= base::bit(slot);
    }
  }
}

// `candidates` is not 0. Equals go round, or an idle LUN would always use its first path.
template <Measure kOf>
uint32_t lowest_slot(Lane& lane, uint32_t candidates) {
  if (lane.lowest_among != candidates) [[unlikely]] {
    find_lowest<kOf>(lane, candidates);
  } else {
    look_at_ended<kOf>(lane);
  }
  lane.ended = 0;
  for (;;) {
    if (lane.lowest_slots == 0) {
      find_lowest<kOf>(lane, candidates);
    }
    const uint32_t slot = base::next_bit(lane.lowest_slots, lane.cursor);
    if (value_at<kOf>(lane, slot) == lane.lowest_value) {
      lane.cursor = slot + 1;
      return slot;
    }
    lane.lowest_slots &= ~base::bit(slot);
  }
}

}  // namespace dsm
