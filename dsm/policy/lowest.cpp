// The candidate with the least under way: the seldom part.
#include "dsm/policy/lowest.h"

#include <bit>

namespace dsm {
namespace {

enum class Sum : uint8_t { begin, go_on };

// A lane's counts, in weights, into the keys of the candidates. What every 32nd selection does for
// up to 32 slots is worth counting instructions.
template <Sum kSum>
void add_counts(Lane& lane, const Lane::PerSlot& counts, uint32_t candidates, unsigned shift) {
  uint32_t* const key = lane.key.data();
  const uint32_t first_rank = lane.first_rank;  // or it would be read anew after each store
  for (uint32_t rest = candidates; rest != 0; rest &= rest - 1) {
    const uint32_t slot = base::lowest_bit(rest);
    const uint32_t before = kSum == Sum::begin ? Lane::rank_of(slot, first_rank) : key[slot];
    key[slot] = before + (counts[slot].load(std::memory_order_relaxed) << shift);
  }
}

}  // namespace

void refresh_values(const Lun& lun, Lane& lane, uint32_t candidates, PolicyId policy) {
  if (lane.compared_by != static_cast<uint8_t>(policy) || lane.compared_among != candidates) {
    lane.compared_by = static_cast<uint8_t>(policy);
    lane.compared_among = candidates;
    lane.key.fill(kNotCompared);
  }
  lane.selects_until_refresh = Lane::kRefreshPeriod;
  lane.lowest_slots = 0;
  lane.first_rank = static_cast<uint8_t>(lane.cursor % Lane::kWeightUnit);
  const bool by_commands = policy == PolicyId::least_queue_depth;
  const unsigned shift = by_commands ? std::countr_zero(Lane::kWeightUnit) : 0;
  const Lane* const lanes = lun.published.lanes;
  for (uint32_t i = 0; i < lun.published.lane_count; ++i) {
    const Lane::PerSlot& counts = by_commands ? lanes[i].in_flight : lanes[i].load;
    if (i == 0) {
      add_counts<Sum::begin>(lane, counts, candidates, shift);
    } else {
      add_counts<Sum::go_on>(lane, counts, candidates, shift);
    }
  }
}

void note_lowest(Lane& lane, uint32_t candidates, uint32_t least) {
  const uint32_t weight = Lane::weight_in(least);
  uint32_t slots = 0;
  for (uint32_t rest = candidates; rest != 0; rest &= rest - 1) {
    const uint32_t slot = base::lowest_bit(rest);
    slots |= uint32_t{lane.key[slot] - weight < Lane::kWeightUnit} << slot;
  }
  lane.lowest_value = weight;
  // None: the keys cannot be trusted, as commands have ended that another policy had weighed. Until
  // the next refresh all are as good.
  lane.lowest_slots = slots != 0 ? slots : candidates;
  lane.lowest_is_all = true;
}

}  // namespace dsm
