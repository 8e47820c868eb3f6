// Least queue depth: the candidate with the fewest commands under way, its own lane's exactly and
// the other lanes' as of at most Lane::kRefreshPeriod selections ago. Ties go round, or an idle LUN
// would always use its first path.
#include "base/bits.h"
#include "dsm/objects.h"
#include "dsm/policy/policies.h"

namespace dsm {
namespace {

void refresh_others(const Lun& lun, Lane& own) {
  own.selects_until_refresh = Lane::kRefreshPeriod;
  own.others.fill(0);
  for (uint32_t i = 0; i < lun.published.lane_count; ++i) {
    const Lane& lane = lun.published.lanes[i];
    if (&lane == &own) {
      continue;
    }
    for (unsigned slot = 0; slot < kMaxPathsPerLun; ++slot) {
      own.others[slot] += lane.in_flight[slot].load(std::memory_order_relaxed);
    }
  }
}

}  // namespace

Pick select_least_queue_depth(const Lun& lun, Lane& lane, const Shape&) {
  const uint64_t word = lun.published.word.load(std::memory_order_acquire);
  uint32_t mask = mask_of(word);
  if (mask == 0) [[unlikely]] {
    return {word, kNoSlot};
  }
  if (lun.published.lane_count > 1 && lane.selects_until_refresh-- == 0) [[unlikely]] {
    refresh_others(lun, lane);
  }
  uint32_t best_slot = 0;
  uint32_t best_depth = UINT32_MAX;
  const uint32_t cursor = lane.cursor;
  // From the cursor on, wrapping: the first of equals wins.
  for (uint32_t part = mask & (~0U << cursor), rest = mask & ~part; part != 0 || rest != 0;) {
    if (part == 0) {
      part = rest;
      rest = 0;
    }
    const uint32_t slot = base::lowest_bit(part);
    part &= part - 1;
    const uint32_t depth = lane.in_flight[slot].load(std::memory_order_relaxed) + lane.others[slot];
    if (depth < best_depth) {
      best_depth = depth;
      best_slot = slot;
    }
  }
  lane.cursor = (best_slot + 1) % kMaxPathsPerLun;
  return {word, best_slot};
}

}  // namespace dsm
