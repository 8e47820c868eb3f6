// Commands whose sender names the path.
#include "dsm/locks.h"
#include "dsm/module.h"

namespace dsm {

using base::Code;
using base::Status;

// Counted under the locks, so the nexus cannot have been let go of, and whoever drains it later
// sees the count.
Status Module::begin_on_path(Token& token, LunId lun_id, unsigned lane_index, PathId path) {
  const TopologyGuard guard(config_.locks);
  Lun* lun = tables_.find_lun(lun_id);
  if (lun == nullptr) {
    return {Code::not_found, "there is no such LUN"};
  }
  const LunGuard lun_guard(config_.locks, *lun);
  const Nexus* named = nullptr;
  for_each_nexus(*lun, [&](const Nexus& nexus) {
    named = nexus.path->id == path && takes_commands(nexus) ? &nexus : named;
  });
  if (named == nullptr) {
    return {Code::invalid_argument, "this path does not lead to the LUN"};
  }
  Lane& lane = lun->published.lanes[lane_index];
  lane.add(named->slot, 1);
  token = {lun, &lane, named->slot, Lane::kWeightUnit};
  lane.begin_weighed(named->slot, token.load);
  return {};
}

}  // namespace dsm
