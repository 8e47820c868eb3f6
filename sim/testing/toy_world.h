// Seeds for the toy host: the same worlds as real seeds have, without what needs knowledge of
// access states.
#pragma once

#include "sim/seed.h"
#include "sim/testing/toy_host.h"
#include "sim/world.h"

namespace sim {

WorldConfig draw_toy_world(uint64_t seed);
FaultPlan draw_toy_plan(uint64_t seed, const WorldConfig& config);
SeedResult run_toy_seed(const SeedOptions& options, Vice vice);

}  // namespace sim
