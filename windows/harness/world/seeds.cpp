// See seeds.h.
#include "windows/harness/world/seeds.h"

#include <memory>
#include <utility>

#include "sim/cluster.h"
#include "sim/mutants.h"
#include "windows/driver/trace_provider.h"
#include "windows/harness/etw.h"
#include "windows/harness/image.h"
#include "windows/harness/world/attendant.h"
#include "windows/harness/world/settings_actor.h"

namespace harness {
namespace {

// The cluster software of the Windows host, and whoever else is at the array.
void add_cluster(sim::World& world, WindowsHost& host) {
  mpio::DiskConfig second;
  second.seed = world.config.seed + 1;
  second.run.policy = dsm::PolicyId::round_robin;
  sim::add_cluster(world, host.scsi(),
                   {.in_service = [&host](uint32_t path) { return host.is_up(path); },
                    .times_without_paths = [&host] { return host.times_without_paths(); }},
                   second);
}

// While one is there, a trace session records what the DSM goes through; in the end the sink has
// it.
class Recording {
 public:
  explicit Recording(const dsm::trace::Sink& sink) : sink_(sink) {
    if (sink_.write != nullptr) {
      etw().forget();
      etw().want(0, driver::keyword::kRecords);
    }
  }
  ~Recording() {
    if (sink_.write != nullptr) {
      etw().want(0, 0);
      const std::string& trace = etw().trace();
      sink_.write(sink_.context, {reinterpret_cast<const uint8_t*>(trace.data()), trace.size()});
    }
  }

 private:
  const dsm::trace::Sink& sink_;
};

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
    config.deeds =
        sim::draw_deeds(options.seed, {config.features, config.paths, config.fault_span_ns});
    const sim::PlanLimits limits{config.paths, config.array.controllers, config.fault_span_ns};
    sim::FaultPlan plan = sim::draw_plan(options.seed, limits);
    if (config.features.reservations) {
      sim::add_power_cycles(options.seed, limits, plan);
    }
    const Recording recording(options.trace);
    return sim::run_world(options, config, plan, [&](sim::World& world) {
      auto host = std::make_unique<WindowsHost>(world, *image, breach);
      if (config.features.membership) {
        world.actors.push_back(std::make_unique<Attendant>(world, *host));
      }
      if (config.features.settings) {
        world.actors.push_back(std::make_unique<SettingsActor>(world, *host));
      }
      if (config.features.reservations) {
        add_cluster(world, *host);
      }
      return host;
    });
  };
}

}  // namespace harness
