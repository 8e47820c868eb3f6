// Commands whose sender names the path.
#include "dsm/locks.h"
#include "dsm/module.h"

namespace dsm {

using base::Code;
using base::Status;

// Under the locks the nexus cannot be let go of.
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
  if (named == nullptr || !begin_on(token, *named, lane_index)) {
    return {Code::invalid_argument, "this path does not lead to the LUN"};
  }
  return {};
}

}  // namespace dsm
