// Questions to a LUN.
#include "dsm/objects.h"

namespace dsm {

uint32_t Lun::in_flight(unsigned slot) const {
  uint32_t sum = 0;
  for (uint32_t i = 0; i < published.lane_count; ++i) {
    sum += published.lanes[i].in_flight[slot].load(std::memory_order_acquire);
  }
  return sum;
}

const Group* Lun::find_group(uint16_t group) const {
  for (const Group& known : groups) {
    if (known.id == group) {
      return &known;
    }
  }
  return nullptr;
}

bool Lun::access_of(const Nexus& nexus, scsi::AccessState& out) const {
  const Group* group = nexus.has_group ? find_group(nexus.target_port_group) : nullptr;
  out = group != nullptr ? group->state : scsi::AccessState::transitioning;
  return group != nullptr;
}

}  // namespace dsm
