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
    static_cast<void>(lun.groups.push_back({told.id, told.state, told.preferred}));
  }
  lun.groups_read = true;
  if (lun.rtpg.extended) {
    lun.access.transition_time_s = lun.rtpg.implicit_transition_time_s;
  }
  lun.symmetric =
      is_symmetric(lun.support, static_cast<unsigned>(lun.groups.size()), not_optimized);
}

}  // namespace dsm::access
