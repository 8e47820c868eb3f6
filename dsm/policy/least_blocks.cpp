// Least blocks: the candidate with the least data under way - but a transfer that begins exactly
// where a recent one of this LUN ended goes down the same path, where the array may have read ahead
// or may merge it, as long as no more than a cap of data is under way there.
//
// "Recent" are the last few streams of this lane, so several sequential readers do not disturb each
// other; a jump forward, however short, is not sequential. Commands without data weigh as little as
// can be.
#include "dsm/policy/lowest.h"
#include "dsm/policy/policies.h"

namespace dsm {
namespace {

// Rounded up, and at least one unit.
constexpr uint32_t weight_of(uint32_t bytes) {
  return ((bytes - (bytes != 0 ? 1U : 0U)) / Lane::kLoadUnitBytes + 1) * Lane::kWeightUnit;
}

// How much of the keys is looked at.
enum class Scan : uint8_t {
  first_block,  // nothing else; kNoSlot when that does not suffice
  all,
};

// A look at all candidates, without branches. Equals go round: their ranks decide.
template <Scan kScan>
inline uint32_t find_next_lowest(Lane& lane, uint32_t candidates) {
  if (kScan == Scan::first_block && candidates >> kKeyBlock != 0) {
    return kNoSlot;
  }
  const uint32_t least =
      kScan == Scan::all ? least_key(lane, candidates) : least_of_block(lane.key.data());
  if (least < Lane::kWeightUnit) {
    if (kScan == Scan::first_block) {
      return kNoSlot;
    }
    note_lowest(lane, candidates, least);  // idle paths are often several: all of them at once
    return base::next_bit(lane.lowest_slots, lane.cursor);
  }
  lane.lowest_value = Lane::weight_in(least);
  lane.lowest_slots = 0;  // the one that is found gets a command
  lane.lowest_is_all = false;
  return lane.slot_of(least);
}

template <Scan kScan>
inline uint32_t lightest_slot(Lane& lane, uint32_t candidates) {
  const uint32_t known = lane.lowest_slots & candidates;
  const uint32_t slot =
      known != 0 ? base::next_bit(known, lane.cursor) : find_next_lowest<kScan>(lane, candidates);
  if (slot != kNoSlot) {
    lane.cursor = slot + 1;
  }
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

inline void remember_stream(Lane& lane, unsigned stream, const Shape& shape, uint32_t slot) {
  lane.stream_end[stream] = shape.lba + (shape.bytes / Lane::kLoadUnitBytes >> shape.block_scale);
  lane.stream_slot[stream] = static_cast<uint8_t>(slot);
}

inline unsigned oldest_stream(Lane& lane) {
  return lane.next_stream++ % Lane::kStreams;
}

bool may_stay(const Lun& lun, const Lane& lane, uint32_t mask, unsigned slot, uint32_t weight) {
  const uint64_t cap = lun.published.sequential_cap.load(std::memory_order_relaxed);
  return ((mask >> slot) & 1U) != 0 &&
         uint64_t{Lane::weight_in(lane.key[slot])} + weight <= cap * Lane::kWeightUnit;
}

// Everything but the common case below.
[[gnu::noinline]] Pick choose_thoroughly(const Lun& lun, Lane& lane, uint64_t word,
                                         const Shape& shape, bool refresh) {
  const uint32_t mask = mask_of(word);
  if (refresh) {
    refresh_values(lun, lane, mask, PolicyId::least_blocks);
  }
  if (!shape.is_read && !shape.is_write) {
    lane.chosen_load = Lane::kWeightUnit;
    return {word, lightest_slot<Scan::all>(lane, mask)};
  }
  const uint32_t weight = weight_of(shape.bytes);
  lane.chosen_load = weight;
  const unsigned stream = find_stream(lane, shape.lba);
  const bool goes_on = stream != Lane::kStreams;
  const bool stays = goes_on && may_stay(lun, lane, mask, lane.stream_slot[stream], weight);
  const uint32_t slot = stays ? lane.stream_slot[stream] : lightest_slot<Scan::all>(lane, mask);
  remember_stream(lane, goes_on ? stream : oldest_stream(lane), shape, slot);
  return {word, slot};
}

}  // namespace

// What is common and costs most is done here, without a call: data that goes on no stream, few
// paths and all of them busy.
Pick select_least_blocks(const Lun& lun, Lane& lane, const Shape& shape) {
  const uint64_t word = lun.published.word.load(std::memory_order_acquire);
  const uint32_t mask = mask_of(word);
  if (mask == 0) [[unlikely]] {
    return {word, kNoSlot};
  }
  const bool refresh = needs_refresh(lane, mask, PolicyId::least_blocks);
  if (!refresh && (shape.is_read || shape.is_write) &&
      find_stream(lane, shape.lba) == Lane::kStreams) [[likely]] {
    const uint32_t slot = lightest_slot<Scan::first_block>(lane, mask);
    if (slot != kNoSlot) [[likely]] {
      lane.chosen_load = weight_of(shape.bytes);
      remember_stream(lane, oldest_stream(lane), shape, slot);
      return {word, slot};
    }
  }
  return choose_thoroughly(lun, lane, word, shape, refresh);
}

}  // namespace dsm
