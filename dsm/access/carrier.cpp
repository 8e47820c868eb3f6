// Which nexus carries the next STPG or RTPG.
#include "dsm/access/carrier.h"

#include "base/bits.h"
#include "dsm/step.h"

namespace dsm::access {
namespace {

// A nexus that is down is asked only while it is being verified: when all are down there is no
// other way back.
uint32_t usable_slots(Lun& lun) {
  uint32_t mask = 0;
  for_each_nexus(lun, [&](const Nexus& nexus) {
    const bool works = !is_down(nexus) || nexus.id == lun.access.verifying;
    mask |= takes_commands(nexus) && works ? base::bit(nexus.slot) : 0;
  });
  return mask & ~lun.access.tried;
}

uint32_t slots_of_group(Lun& lun, uint16_t group) {
  uint32_t mask = 0;
  for_each_nexus(lun, [&](const Nexus& nexus) {
    mask |= nexus.target_port_group == group ? base::bit(nexus.slot) : 0;
  });
  return mask;
}

}  // namespace

Nexus* choose_carrier(Lun& lun) {
  const uint32_t usable = usable_slots(lun);
  const Nexus* wanted = find_nexus(lun, lun.access.prefer_via);
  const uint32_t wanted_slot = wanted != nullptr ? base::bit(wanted->slot) : 0;
  if (lun.access.start_wanted) {
    return (usable & wanted_slot) != 0 ? lun.nexus_at(wanted->slot) : nullptr;
  }
  const uint32_t elsewhere =
      lun.access.avoid_group_set ? ~slots_of_group(lun, lun.access.avoid_group) : ~0U;
  const uint32_t wishes[] = {wanted_slot, elsewhere & lun.plan.candidates, elsewhere,
                             lun.plan.candidates, ~0U};
  for (const uint32_t wish : wishes) {
    if ((usable & wish) != 0) {
      return lun.nexus_at(base::lowest_bit(usable & wish));
    }
  }
  return nullptr;
}

}  // namespace dsm::access
