// The cluster of a world: its software on the host under test, and whoever else is at the array.
#pragma once

#include "mpio/disk.h"
#include "mpio/scsi_device.h"
#include "sim/cluster_node.h"
#include "sim/world.h"

namespace sim {

// Adds those to the world's actors. `disk` is the first host's, `first` says what its software must
// know of it; its number, and that it clears up in the end, go without saying. `second`: of the
// multipath disk of a neighbour that has one.
void add_cluster(World& world, mpio::ScsiDevice& disk, ClusterNodeConfig first,
                 const mpio::DiskConfig& second);

}  // namespace sim
