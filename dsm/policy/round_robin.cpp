// Round robin: the candidates in turn. Each lane has a cursor of its own, so nothing is shared.
#include "base/bits.h"
#include "dsm/objects.h"
#include "dsm/plan.h"
#include "dsm/policy/policies.h"

namespace dsm {

uint32_t plan_everything(const PlanInput&, uint32_t equals) {
  return equals;
}

Pick select_round_robin(const Lun& lun, Lane& lane, const Shape&) {
  const uint64_t word = lun.published.word.load(std::memory_order_acquire);
  const uint32_t mask = mask_of(word);
  if (mask == 0) [[unlikely]] {
    return {word, kNoSlot};
  }
  const uint32_t slot = base::next_bit(mask, lane.cursor);
  lane.cursor = slot + 1;
  return {word, slot};
}

}  // namespace dsm
