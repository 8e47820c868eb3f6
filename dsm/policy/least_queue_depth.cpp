// Least queue depth: the candidate with the fewest commands under way. Equals go round, or an idle
// LUN would always use its first path.
//
// No scan per command: the lane keeps the set of slots that have the least. One is needed only when
// all of those have got a command.
#include "dsm/policy/lowest.h"
#include "dsm/policy/policies.h"

namespace dsm {

namespace {

[[gnu::noinline]] void find_lowest(const Lun& lun, Lane& lane, uint32_t mask, bool refresh) {
  if (refresh) {
    refresh_values(lun, lane, mask, PolicyId::least_queue_depth);
  }
  note_lowest(lane, mask, least_key(lane, mask));
}

}  // namespace

Pick select_least_queue_depth(const Lun& lun, Lane& lane, const Shape&) {
  const uint64_t word = lun.published.word.load(std::memory_order_acquire);
  const uint32_t mask = mask_of(word);
  if (mask == 0) [[unlikely]] {
    return {word, kNoSlot};
  }
  const bool refresh = needs_refresh(lane, mask, PolicyId::least_queue_depth);
  if (refresh || (lane.lowest_slots & mask) == 0) [[unlikely]] {
    find_lowest(lun, lane, mask, refresh);
  }
  const uint32_t slot = base::next_bit(lane.lowest_slots & mask, lane.cursor);
  lane.cursor = slot + 1;
  lane.chosen_load = Lane::kWeightUnit;
  return {word, slot};
}

}  // namespace dsm
