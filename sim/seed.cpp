// One seed of the real disk.
#include "sim/seed.h"

#include "sim/mpio_host.h"
#include "sim/mutants.h"

namespace sim {

SeedResult run_seed(const SeedOptions& options) {
  const WorldConfig config = draw_world(options.seed);
  const FaultPlan plan =
      draw_plan(options.seed, {config.paths, config.array.controllers, config.fault_span_ns});
  return run_world(options, config, plan, [&](World& world) {
    return std::make_unique<MpioHost>(
        world, MpioHostOptions{.policy = static_cast<dsm::PolicyId>(world.config.policy),
                               .believes_at_once = options.mutant == Mutant::settles_at_once});
  });
}

}  // namespace sim
