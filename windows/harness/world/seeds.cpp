// See seeds.h.
#include "windows/harness/world/seeds.h"

#include <memory>
#include <utility>

#include "sim/mutants.h"
#include "windows/harness/image.h"
#include "windows/harness/world/attendant.h"

namespace harness {
namespace {

// What people and programs do in these worlds, as far as the driver has entry points for it.
sim::Features features_of_the_driver(sim::Features drawn) {
  drawn.settings = false;
  drawn.reservations = false;
  drawn.neighbour = sim::Neighbour::none;
  return drawn;
}

}  // namespace

sim::SeedRunner driver_seeds(const std::string& driver_path, Breach breach) {
  return [driver_path, breach,
          image = std::shared_ptr<const Image>()](const sim::SeedOptions& options) mutable {
    if (image == nullptr) {
      image = std::make_shared<const Image>(driver_path, all_exports());
    }
    sim::WorldConfig config = sim::draw_world(options.seed);
    config.fabric.lanes = 1;  // a port driver has one session per path
    // The port driver holds what it has lost, so the client knows it to be open still; the rule of
    // late writes is about what comes after that.
    config.workload.overlap_in_time = false;
    config.features = features_of_the_driver(config.features);
    config.deeds =
        sim::draw_deeds(options.seed, {config.features, config.paths, config.fault_span_ns});
    const sim::PlanLimits limits{config.paths, config.array.controllers, config.fault_span_ns};
    return sim::run_world(
        options, config, sim::draw_plan(options.seed, limits),
        [&](sim::World& world) { return std::make_unique<WindowsHost>(world, *image, breach); });
  };
}

}  // namespace harness
