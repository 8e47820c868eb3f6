// Taking over a believed RTPG answer.
#include "dsm/access/groups.h"

namespace dsm::access {

void adopt_groups(Step& step, Lun& lun) {
  unsigned not_optimized = 0;
  for (const scsi::TargetPortGroup& told : lun.rtpg.groups) {
    const Group* known = lun.find_group(told.id);
    const auto before =
        static_cast<uint32_t>(known != nullptr ? known->state : scsi::AccessState::transitioning);
    not_optimized += told.state != scsi::AccessState::active_optimized ? 1U : 0U;
    if (known == nullptr || known->state != told.state) {
      report(step, lun, ReportWhat::access, before, static_cast<uint32_t>(told.state), nullptr, 0,
             told.id);
    }
  }
  lun.groups.clear();
  for (const scsi::TargetPortGroup& told : lun.rtpg.groups) {
    static_cast<void>(
        lun.groups.push_back({told.id, told.state, told.preferred, told.supported_states}));
  }
  lun.groups_read = true;
  for_each_nexus(lun, [&](Nexus& nexus) {
    const bool missing = nexus.has_group && lun.find_group(nexus.target_port_group) == nullptr;
    if (missing && !nexus.group_missing_told) {
      report(step, lun, ReportWhat::group_missing, 0, 0, &nexus, 0, nexus.target_port_group);
    }
    nexus.group_missing_told = missing;
  });
  if (lun.rtpg.extended) {
    lun.access.transition_time_s = lun.rtpg.implicit_transition_time_s;
  }
  lun.symmetric =
      is_symmetric(lun.support, static_cast<unsigned>(lun.groups.size()), not_optimized);
}

}  // namespace dsm::access
