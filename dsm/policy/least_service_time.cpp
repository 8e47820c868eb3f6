// Least service time: the candidate that is likely to answer first - the mean time that commands
// take there, times how many are under way there and this one. Paths of unequal speed (one switch
// more, a busy controller, a link that retransmits) get what they can carry, not the same.
//
// The mean follows what is: a command counts an eighth. A path that looks slow would not be chosen
// again and never be seen to have recovered, so now and then one is chosen in turn.
#include <bit>

#include "base/bits.h"
#include "dsm/policy/policies.h"

namespace dsm {

namespace {

// 1.6 % of the commands go to a path whatever is known of it.
constexpr uint8_t kTurnPeriod = 64;

bool is_anyones_turn(Lane& lane) {
  if (lane.compared_by != static_cast<uint8_t>(PolicyId::least_service_time)) {
    lane.compared_by = static_cast<uint8_t>(PolicyId::least_service_time);
    lane.selects_until_refresh = kTurnPeriod;
  }
  if (--lane.selects_until_refresh != 0) {
    return false;
  }
  lane.selects_until_refresh = kTurnPeriod;
  lane.time_next();
  return true;
}

// Not measured yet: next to nothing, so that it soon is.
uint64_t expected_ns(const Lane& lane, uint32_t slot) {
  const uint32_t mean_ns = lane.service_ns[slot];
  const uint32_t queue = lane.in_flight[slot].load(std::memory_order_relaxed) + 1;
  return uint64_t{mean_ns != 0 ? mean_ns : 1} * queue;
}

// Equals take turns: below the time in the key stands how far the slot is from the cursor.
uint32_t soonest(const Lane& lane, uint32_t mask) {
  static_assert(std::has_single_bit(kMaxPathsPerLun));
  constexpr unsigned kSlotBits = std::bit_width(kMaxPathsPerLun) - 1;
  constexpr uint32_t kSlotMask = kMaxPathsPerLun - 1;
  uint64_t least = UINT64_MAX;
  // Slot by slot: a search for the next bit would have each wait for the one before.
  uint32_t slot = 0;
  for (uint32_t rest = mask; rest != 0; rest >>= 1, ++slot) {
    const uint64_t none = uint64_t{rest & 1U} - 1;  // all ones unless the slot is a candidate
    const uint64_t key = expected_ns(lane, slot) << kSlotBits | ((slot - lane.cursor) & kSlotMask);
    least = (key | none) < least ? key : least;
  }
  return (static_cast<uint32_t>(least) + lane.cursor) & kSlotMask;
}

}  // namespace

Pick select_least_service_time(const Lun& lun, Lane& lane, const Shape&) {
  const uint64_t word = lun.published.word.load(std::memory_order_acquire);
  const uint32_t mask = mask_of(word);
  if (mask == 0) [[unlikely]] {
    return {word, kNoSlot};
  }
  const uint32_t best =
      is_anyones_turn(lane) ? base::next_bit(mask, lane.cursor) : soonest(lane, mask);
  if (lane.service_ns[best] == 0) [[unlikely]] {
    lane.time_next();
  }
  lane.cursor = best + 1;
  return {word, best};
}

}  // namespace dsm
