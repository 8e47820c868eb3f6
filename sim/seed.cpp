// One seed of the real disk, with whoever else is in its world.
#include "sim/seed.h"

#include "sim/administrator.h"
#include "sim/cluster.h"
#include "sim/mpio_host.h"
#include "sim/mutants.h"

namespace sim {
SeedResult run_seed(const SeedOptions& options) {
  const WorldConfig config = draw_world(options.seed);
  const PlanLimits limits{config.paths, config.array.controllers, config.fault_span_ns};
  FaultPlan plan = draw_plan(options.seed, limits);
  if (config.features.reservations) {
    add_power_cycles(options.seed, limits, plan);
  }
  return run_world(options, config, plan, [&](World& world) {
    mpio::DiskConfig disk;
    disk.trace = options.trace;
    disk.trace_picks = true;
    auto host = std::make_unique<MpioHost>(
        world, MpioHostOptions{.policy = static_cast<dsm::PolicyId>(world.config.policy),
                               .disk = disk,
                               .believes_at_once = options.mutant == Mutant::settles_at_once,
                               .ignores_fail = options.mutant == Mutant::ignores_fail,
                               .retries_conflicts = options.mutant == Mutant::retries_conflicts,
                               .ignores_removal = options.mutant == Mutant::ignores_removal});
    if (config.features.settings || config.features.membership) {
      world.actors.push_back(
          std::make_unique<Administrator>(world, *host, options.mutant == Mutant::forgets_changes));
    }
    if (config.features.reservations) {
      mpio::DiskConfig second;
      second.seed = config.seed + 1;
      second.run.policy = dsm::PolicyId::round_robin;
      add_cluster(world, host->disk().scsi(),
                  {.in_service = [&host = *host](uint32_t path) { return host.is_up(path); },
                   .times_without_paths = [&host = *host] { return host.times_without_paths(); }},
                  second);
    }
    return host;
  });
}

}  // namespace sim
