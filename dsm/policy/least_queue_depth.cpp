// Least queue depth: the candidate with the fewest commands under way.
#include "dsm/policy/lowest.h"
#include "dsm/policy/policies.h"

namespace dsm {

Pick select_least_queue_depth(const Lun& lun, Lane& lane, const Shape&) {
  const uint64_t word = lun.published.word.load(std::memory_order_acquire);
  const uint32_t mask = mask_of(word);
  if (mask == 0) [[unlikely]] {
    return {word, kNoSlot};
  }
  keep_up<&Lane::in_flight>(lun, lane, static_cast<uint8_t>(PolicyId::least_queue_depth));
  lane.chosen_load = Lane::tracked(0);
  return {word, lowest_slot<&Lane::in_flight>(lane, mask)};
}

}  // namespace dsm
