// One seed of the real disk.
#include "sim/seed.h"

#include "sim/administrator.h"
#include "sim/mpio_host.h"
#include "sim/mutants.h"

namespace sim {

SeedResult run_seed(const SeedOptions& options) {
  const WorldConfig config = draw_world(options.seed);
  const FaultPlan plan =
      draw_plan(options.seed, {config.paths, config.array.controllers, config.fault_span_ns});
  return run_world(options, config, plan, [&](World& world) {
    auto host = std::make_unique<MpioHost>(
        world, MpioHostOptions{.policy = static_cast<dsm::PolicyId>(world.config.policy),
                               .believes_at_once = options.mutant == Mutant::settles_at_once,
                               .ignores_fail = options.mutant == Mutant::ignores_fail,
                               .ignores_removal = options.mutant == Mutant::ignores_removal});
    if (config.features.settings || config.features.membership) {
      world.actors.push_back(
          std::make_unique<Administrator>(world, *host, options.mutant == Mutant::forgets_changes));
    }
    return host;
  });
}

}  // namespace sim
