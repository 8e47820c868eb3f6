// Least blocks: the candidate with the least data under way - but a transfer that begins exactly
// where a recent one of this LUN ended goes down the same path, where the array may have read ahead
// or may merge it, as long as no more than a cap of data is under way there.
//
// "Recent" are the last few streams of this lane, so several sequential readers do not disturb each
// other; a jump forward, however short, is not sequential. Commands without data weigh as little as
// can be.
#include <bit>

#include "dsm/policy/lowest.h"
#include "dsm/policy/policies.h"

namespace dsm {
namespace {

// In units, rounded up, and at least 1.
constexpr uint32_t weight_of(uint32_t bytes) {
  return (bytes - (bytes != 0 ? 1U : 0U)) / Lane::kLoadUnitBytes + 1;
}

constexpr unsigned kBlock = 8;
static_assert(kMaxPathsPerLun % kBlock == 0);

uint32_t least_of(const uint32_t* values) {
  const auto less = [](uint32_t a, uint32_t b) { return a < b ? a : b; };
  return less(less(less(values[0], values[1]), less(values[2], values[3])),
              less(less(values[4], values[5]), less(values[6], values[7])));
}

// A look at all candidates, without branches. Equals go round: it finds the first of them, and the
// next one when that has got its command.
uint32_t find_next_lowest(Lane& lane, uint32_t candidates) {
  const auto end = static_cast<unsigned>(std::bit_width(candidates));
  uint32_t least = least_of(lane.value.data());
  for (unsigned at = kBlock; at < end; at += kBlock) {
    const uint32_t least_here = least_of(&lane.value[at]);
    least = least_here < least ? least_here : least;
  }
  if (least == 0) {  // idle paths are often several: all of them at once
    find_lowest(lane, candidates);
    return base::next_bit(lane.lowest_slots, lane.cursor);
  }
  const uint32_t* const values = lane.value.data();
  uint32_t slot = lane.cursor;
  while (slot < end && values[slot] != least) {
    ++slot;
  }
  if (slot >= end) {
    for (slot = 0; values[slot] != least; ++slot) {
    }
  }
  lane.lowest_value = least;
  lane.lowest_slots = base::bit(slot);
  lane.lowest_is_all = false;
  return slot;
}

inline uint32_t lightest_slot(Lane& lane, uint32_t candidates) {
  const uint32_t known = lane.lowest_slots & candidates;
  const uint32_t slot =
      known != 0 ? base::next_bit(known, lane.cursor) : find_next_lowest(lane, candidates);
  lane.cursor = slot + 1;
  return slot;
}

static_assert(Lane::kStreams == 4);
unsigned find_stream(const Lane& lane, uint64_t lba) {
  return lane.stream_end[0] == lba   ? 0
         : lane.stream_end[1] == lba ? 1
         : lane.stream_end[2] == lba ? 2
         : lane.stream_end[3] == lba ? 3
                                     : Lane::kStreams;
}

bool may_stay(const Lun& lun, const Lane& lane, uint32_t mask, unsigned slot, uint32_t weight) {
  const uint32_t cap = lun.published.sequential_cap.load(std::memory_order_relaxed);
  return ((mask >> slot) & 1U) != 0 && uint64_t{lane.value[slot]} + weight <= cap;
}

[[gnu::always_inline]] inline Pick choose(const Lun& lun, Lane& lane, uint64_t word,
                                          const Shape& shape) {
  const uint32_t mask = mask_of(word);
  if (!shape.is_read && !shape.is_write) {
    lane.chosen_load = 1;
    return {word, lightest_slot(lane, mask)};
  }
  const uint32_t weight = weight_of(shape.bytes);
  lane.chosen_load = weight;
  unsigned stream = find_stream(lane, shape.lba);
  uint32_t slot = 0;
  if (stream != Lane::kStreams && may_stay(lun, lane, mask, lane.stream_slot[stream], weight)) {
    slot = lane.stream_slot[stream];
  } else {
    slot = lightest_slot(lane, mask);
  }
  if (stream == Lane::kStreams) {
    stream = lane.next_stream++ % Lane::kStreams;
  }
  lane.stream_end[stream] = shape.lba + (shape.bytes / Lane::kLoadUnitBytes >> shape.block_scale);
  lane.stream_slot[stream] = static_cast<uint8_t>(slot);
  return {word, slot};
}

[[gnu::noinline]] Pick choose_anew(const Lun& lun, Lane& lane, uint64_t word, const Shape& shape) {
  refresh_values(lun, lane, mask_of(word), PolicyId::least_blocks);
  return choose(lun, lane, word, shape);
}

}  // namespace

Pick select_least_blocks(const Lun& lun, Lane& lane, const Shape& shape) {
  const uint64_t word = lun.published.word.load(std::memory_order_acquire);
  const uint32_t mask = mask_of(word);
  if (mask == 0) [[unlikely]] {
    return {word, kNoSlot};
  }
  if (needs_refresh(lane, mask, PolicyId::least_blocks)) [[unlikely]] {
    return choose_anew(lun, lane, word, shape);
  }
  return choose(lun, lane, word, shape);
}

}  // namespace dsm
