// Weighted paths: those with the least weight carry everything, in turn if they are several.
#include "base/bits.h"
#include "dsm/plan.h"
#include "dsm/policy/policies.h"

namespace dsm {

// The greatest weight, FFFFFFFFh, is not special: it serves when nothing of its access state is
// left.
uint32_t plan_least_weight(const PlanInput& input, uint32_t equals) {
  uint32_t least = UINT32_MAX;
  base::for_each_bit(equals, [&](unsigned slot) {
    least = input.weights[slot] < least ? input.weights[slot] : least;
  });
  uint32_t lightest = 0;
  base::for_each_bit(equals, [&](unsigned slot) {
    lightest |= input.weights[slot] == least ? base::bit(slot) : 0;
  });
  return lightest;
}

}  // namespace dsm
