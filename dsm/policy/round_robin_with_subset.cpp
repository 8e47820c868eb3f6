// Round robin with subset: in turn among the paths that the administrator has not set aside. When
// all of those are gone a single one of the others takes over.
#include "base/bits.h"
#include "dsm/plan.h"
#include "dsm/policy/policies.h"

namespace dsm {

uint32_t plan_willing(const PlanInput& input, uint32_t equals) {
  const uint32_t willing = equals & ~input.unwilling();
  if (willing != 0) {
    return willing;
  }
  const uint32_t rights[] = {input.group_preferred & input.current, input.group_preferred,
                             input.current};
  for (const uint32_t right : rights) {
    if ((equals & right) != 0) {
      equals &= right;
      break;
    }
  }
  return base::bit(base::lowest_bit(equals));
}

}  // namespace dsm
