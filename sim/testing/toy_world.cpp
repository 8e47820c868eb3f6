// See toy_world.h.
#include "sim/testing/toy_world.h"

#include "sim/mutants.h"

namespace sim {

WorldConfig draw_toy_world(uint64_t seed) {
  WorldConfig config = draw_world(seed);
  config.fabric.lanes = 1;
  config.array.symmetric = true;
  config.array.alua = array::AluaMode::none;
  config.features = {};
  config.deeds.clear();
  config.policy = 2;
  return config;
}

FaultPlan draw_toy_plan(uint64_t seed, const WorldConfig& config) {
  FaultPlan plan = draw_plan(seed, {config.paths, 2, config.fault_span_ns});
  std::erase_if(plan.faults, [](const Fault& fault) {
    return fault.kind == FaultKind::access_change || fault.kind == FaultKind::transition;
  });
  return plan;
}

SeedResult run_toy_seed(const SeedOptions& options, Vice vice) {
  const WorldConfig config = draw_toy_world(options.seed);
  const FaultPlan plan = draw_toy_plan(options.seed, config);
  return run_world(options, config, plan, [vice](World& world) {
    return std::make_unique<ToyHost>(world.host_clock, *world.fabric, world.config.paths,
                                     world.config.blocks, vice);
  });
}

}  // namespace sim
