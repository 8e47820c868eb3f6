// One seed of the real disk, with whoever else is in its world.
#include "sim/seed.h"

#include <utility>

#include "sim/administrator.h"
#include "sim/cluster_node.h"
#include "sim/direct_initiator.h"
#include "sim/mpio_host.h"
#include "sim/mutants.h"
#include "sim/second_host.h"

namespace sim {
namespace {

// An initiator without multipath software, and the cluster software on it.
class DirectNode final : public Actor {
 public:
  DirectNode(World& world, const ClusterNode* other)
      : initiator_(*world.storage, world.clock, *world.reservations, 1),
        node_(world, initiator_, {.host = 1, .is_multipath = false}) {
    node_.set_other(other);
  }

  const ClusterNode& node() const { return node_; }
  void perform(const Deed& deed) override { node_.perform(deed); }
  void settle() override { node_.settle(); }
  std::string busy() const override { return node_.busy(); }
  void judge() override { node_.judge(); }

 private:
  DirectInitiator initiator_;
  ClusterNode node_;
};

// The cluster software of the first host, and the other one.
void add_cluster(World& world, MpioHost& host, const mpio::DiskConfig& second_config) {
  auto first = std::make_unique<ClusterNode>(
      world, host.disk().scsi(),
      ClusterNodeConfig{.host = 0,
                        .in_service = [&host](uint32_t path) { return host.is_up(path); },
                        .times_without_paths = [&host] { return host.times_without_paths(); },
                        .clears_up = true});
  ClusterNode& first_node = *first;
  world.actors.push_back(std::move(first));
  if (world.config.features.neighbour == Neighbour::disk) {
    auto second = std::make_unique<SecondHost>(world, second_config);
    auto node = std::make_unique<ClusterNode>(
        world, second->disk().scsi(),
        ClusterNodeConfig{
            .host = SecondHost::kNumber,
            .in_service = [&other = *second](uint32_t path) { return other.in_service(path); }});
    node->set_other(&first_node);
    first_node.set_other(node.get());
    world.actors.push_back(std::move(second));  // goes before the node, whose requests it has
    world.actors.push_back(std::move(node));
  } else if (world.config.features.neighbour == Neighbour::initiator) {
    auto direct = std::make_unique<DirectNode>(world, &first_node);
    first_node.set_other(&direct->node());
    world.actors.push_back(std::move(direct));
  }
}

}  // namespace

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
      add_cluster(world, *host, second);
    }
    return host;
  });
}

}  // namespace sim
