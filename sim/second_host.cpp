// See second_host.h.
#include "sim/second_host.h"

#include <cerrno>

namespace sim {
namespace {

// Its links and its load are drawn from streams of its own, and told apart in timelines.
constexpr uint64_t kOtherSeed = 0x5ec0'0000'0000;
constexpr uint32_t kFirstLinkName = 100;

FabricConfig fabric_of(const WorldConfig& world) {
  FabricConfig config = world.fabric;
  config.seed += kOtherSeed;
  config.lanes = 1;
  config.first_link_name = kFirstLinkName;
  return config;
}

mpio::LaneSetup lane_of(Fabric& fabric, HostClock& loop, uint32_t paths) {
  mpio::LaneSetup lane;
  lane.loop = &loop;
  for (uint32_t path = 0; path < paths; ++path) {
    lane.transports.push_back(&fabric.transport(path));
  }
  return lane;
}

WireBudgets budgets_of(const WorkloadConfig& load) {
  WireBudgets budgets;
  budgets.sends_per_second = 400 + 200 * load.depth;
  return budgets;
}

}  // namespace

SecondHost::SecondHost(World& world, const mpio::DiskConfig& config)
    : world_(world),
      target_(*world.storage, kName),
      fabric_(fabric_of(world.config), world.clock, target_, world.findings, world.timeline),
      health_(world.config.paths),
      history_(world.config.blocks),
      loop_(world.clock, world.config.timer_grain_ns, world.config.seed + kOtherSeed),
      wire_(world.config.paths, budgets_of(world.config.second_workload),
            config.settle_loss_ms * kMillisecond, world.clock, world.findings),
      disk_(std::make_unique<mpio::Disk>(
          config, std::vector{lane_of(fabric_, loop_, world.config.paths)}, nullptr)),
      workload_(world.config.second_workload, world.clock, disk_->lane(0), *this, history_,
                world.findings, world.timeline) {
  target_.set_observer(world.reservations.get(), kNumber);
  wire_.watch_conflicts(*world.reservations, kNumber);
  fabric_.set_observer(&wire_);
}

SecondHost::~SecondHost() {
  workload_.stop();
  disk_.reset();  // hands back what is still open
}

bool SecondHost::in_service(uint32_t path) const {
  return disk_->path_state(path) == mpio::PathState::up;
}

bool SecondHost::all_in_service() const {
  for (uint32_t path = 0; path < world_.config.paths; ++path) {
    if (!in_service(path)) {
      return false;
    }
  }
  return true;
}

void SecondHost::bring_up() {
  world_.faults->add_client(fabric_, health_);
  disk_->start(25'000, [this](const std::string& error) { started_ = error.empty(); });
}

bool SecondHost::ready() const {
  return started_ && all_in_service();
}

std::string SecondHost::busy() const {
  return workload_.idle() ? "" : " the second host's load does not end: " + disk_->unrest();
}

void SecondHost::judge(const FailedRequest& request) {
  if (disk_ == nullptr) {
    return;  // the world is being torn down
  }
  const bool refused =
      request.error == EPERM && world_.reservations->refused_since(kNumber, request.submitted_ns);
  const bool served =
      request.error == EPERM || health_.any_for(world_.recovery_deadline_ns(), request.failed_ns);
  if (!refused && served) {
    world_.found(Invariant::no_false_failure, "a request of the second host failed with errno " +
                                                  std::to_string(request.error) +
                                                  " without a reason");
  }
}

void SecondHost::judge() {
  if (!all_in_service()) {
    world_.found(Invariant::path_recovers, "a path of the second host is not in service");
  }
  if (const std::string unrest = disk_->unrest(); !unrest.empty()) {
    world_.found(Invariant::counters_at_rest, "second host: " + unrest);
  }
}

void SecondHost::judge_medium() {
  world_.read_medium(workload_, history_);
}

}  // namespace sim
