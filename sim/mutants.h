// Running a world from seed options: shrinking and planted faults applied. The planted faults prove
// that the judges see what they are there to see; none of them is reachable but through
// SeedOptions::mutant.
#pragma once

#include <memory>

#include "sim/seed.h"
#include "sim/world.h"

namespace sim {

SeedResult run_world(const SeedOptions& options, WorldConfig config, FaultPlan plan,
                     const World::HostFactory& factory);

}  // namespace sim
