// The candidate with the least under way: the seldom part.
#include "dsm/policy/lowest.h"

namespace dsm {

void find_lowest(Lane& lane, uint32_t candidates) {
  uint32_t least = UINT32_MAX;
  uint32_t slots = 0;
  for (uint32_t rest = candidates; rest != 0; rest &= rest - 1) {
    const uint32_t slot = base::lowest_bit(rest);
    const uint32_t value = Lane::weight_in(lane.key[slot]);
    slots = (value < least ? 0 : slots) | (value <= least ? base::bit(slot) : 0);
    least = value < least ? value : least;
  }
  lane.lowest_value = least;
  lane.lowest_slots = slots;
  lane.lowest_is_all = true;
}

void refresh_values(const Lun& lun, Lane& lane, uint32_t candidates, PolicyId policy) {
  lane.compared_by = static_cast<uint8_t>(policy);
  lane.compared_among = candidates;
  lane.selects_until_refresh = Lane::kRefreshPeriod;
  lane.lowest_slots = 0;
  lane.first_rank = static_cast<uint8_t>(lane.cursor % Lane::kWeightUnit);
  lane.key.fill(kNotCompared);
  base::for_each_bit(candidates, [&](unsigned slot) { lane.key[slot] = lane.rank_of(slot); });
  const bool by_commands = policy == PolicyId::least_queue_depth;
  const uint32_t unit = by_commands ? Lane::kWeightUnit : 1;
  for (uint32_t i = 0; i < lun.published.lane_count; ++i) {
    const Lane& other = lun.published.lanes[i];
    const Lane::PerSlot& counts = by_commands ? other.in_flight : other.load;
    base::for_each_bit(candidates, [&](unsigned slot) {
      lane.key[slot] += counts[slot].load(std::memory_order_relaxed) * unit;
    });
  }
}

}  // namespace dsm
