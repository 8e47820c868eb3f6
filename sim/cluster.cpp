// See cluster.h.
#include "sim/cluster.h"

#include <memory>
#include <utility>

#include "sim/direct_initiator.h"
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

}  // namespace

void add_cluster(World& world, mpio::ScsiDevice& disk, ClusterNodeConfig first_config,
                 const mpio::DiskConfig& second_config) {
  first_config.host = 0;
  first_config.clears_up = true;
  auto first = std::make_unique<ClusterNode>(world, disk, std::move(first_config));
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

}  // namespace sim
