// The functions behind the rows of the policy table; one file each.
#pragma once

#include <cstdint>

#include "dsm/select.h"

namespace dsm {

struct PlanInput;

// fail_over_only.cpp: one path carries everything, the others wait.
uint32_t plan_fail_over_only(const PlanInput& input, uint32_t equals);
Pick select_only(const Lun& lun, Lane& lane, const Shape& shape);

// round_robin.cpp: in turn, per lane.
uint32_t plan_everything(const PlanInput& input, uint32_t equals);
Pick select_round_robin(const Lun& lun, Lane& lane, const Shape& shape);

// round_robin_with_subset.cpp: in turn among those the administrator has not set aside.
uint32_t plan_willing(const PlanInput& input, uint32_t equals);

// least_queue_depth.cpp: the path with the fewest commands under way.
Pick select_least_queue_depth(const Lun& lun, Lane& lane, const Shape& shape);

// weighted_paths.cpp: those with the least weight.
uint32_t plan_least_weight(const PlanInput& input, uint32_t equals);

// least_blocks.cpp: the path with the least data under way; sequential transfers stay together.
Pick select_least_blocks(const Lun& lun, Lane& lane, const Shape& shape);

// least_service_time.cpp: the path that is likely to answer first.
Pick select_least_service_time(const Lun& lun, Lane& lane, const Shape& shape);

}  // namespace dsm
