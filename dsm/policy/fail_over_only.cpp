// Fail over only: one path carries everything, the others wait.
#include "base/bits.h"
#include "dsm/objects.h"
#include "dsm/plan.h"
#include "dsm/policy/policies.h"

namespace dsm {

// Who it is, by falling right: where an administrator moved it, the preferred path, one that is
// wanted active/optimized, the present one, one in a preferred target port group, any that was not
// set aside, any.
uint32_t plan_fail_over_only(const PlanInput& input, uint32_t equals) {
  const auto slot_bit = [](Slot slot) { return slot == kNoSlot ? 0U : base::bit(slot); };
  const uint32_t rights[] = {slot_bit(input.moved_to),
                             slot_bit(input.preferred),
                             input.desires_optimized & input.current,
                             input.desires_optimized,
                             input.current & ~input.unwilling(),
                             input.group_preferred & ~input.unwilling(),
                             ~input.unwilling()};
  for (const uint32_t right : rights) {
    if ((equals & right) != 0) {
      equals &= right;
      break;
    }
  }
  return base::bit(base::lowest_bit(equals));
}

Pick select_only(const Lun& lun, Lane&, const Shape&) {
  const uint64_t word = lun.published.word.load(std::memory_order_acquire);
  const uint32_t mask = mask_of(word);
  return {word, mask == 0 ? kNoSlot : base::lowest_bit(mask)};
}

}  // namespace dsm
