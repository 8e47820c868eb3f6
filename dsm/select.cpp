// The seldom part of the I/O path.
#include "dsm/select.h"

#include "base/bits.h"
#include "dsm/objects.h"

namespace dsm {

bool still_usable(const Lun& lun, Pick pick, uint64_t word) {
  // The slot is still a candidate, and has not got another nexus since the choice was made.
  const uint32_t since = lun.published.since[pick.slot].load(std::memory_order_acquire);
  const auto age = static_cast<int32_t>(generation_of(pick.word) - since);
  return (mask_of(word) & base::bit(pick.slot)) != 0 && age >= 0;
}

bool begin_after_change(Token& token, Lun& lun, Lane& lane, Pick pick, uint64_t word) {
  if (still_usable(lun, pick, word)) {
    begin_counted(token, lun, lane, pick.slot);
    return true;
  }
  // If the control plane saw the count for a moment it waits for slot_idle from a lane that never
  // tells, so it looks again by itself: the slot began to drain before this line, and the lanes
  // have not synchronised since.
  lane.add(pick.slot, ~uint32_t{0});
  return false;
}

// First the count, then the look: a drain sets its bit first, and counts after this lane has passed
// a barrier.
bool begin_on(Token& token, const Nexus& nexus, unsigned lane_index) {
  Lun& lun = *nexus.lun;
  Lane& lane = lun.published.lanes[lane_index];
  lane.add(nexus.slot, 1);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  const uint32_t draining = lun.published.draining.load(std::memory_order_acquire);
  if ((draining & base::bit(nexus.slot)) != 0) {
    lane.add(nexus.slot, ~uint32_t{0});
    return false;
  }
  token = {&lun, &lane, nexus.slot, Lane::kWeightUnit};
  lane.begin_weighed(nexus.slot, token.load);
  return true;
}

CompleteResult complete_in_trouble(Token& token, Ended ended) {
  LaneCounters& counters = token.lane->counters[token.slot];
  counters.count(ended);
  counters.count_trouble(ended);
  return complete(token);
}

}  // namespace dsm
