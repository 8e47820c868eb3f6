// RTPG and STPG parameter data: what is accepted without a defect survives encoding.
#include <vector>

#include "base/assert.h"
#include "scsi/target_port_groups.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const base::Bytes input(data, size);
  scsi::TargetPortGroups groups;
  const bool good = scsi::decode_target_port_groups(input, groups);
  BASE_ASSERT(good == (groups.defect == scsi::GroupsDefect::none));
  static_cast<void>(scsi::name_of(groups.defect));
  for (const scsi::TargetPortGroup& group : groups.groups) {
    BASE_ASSERT(groups.find(group.id) == &group);
    BASE_ASSERT(!good || scsi::is_known(group.state));
  }
  if (good) {
    std::vector<uint8_t> bytes(size + 8);
    const size_t length = scsi::encode_target_port_groups(bytes, groups);
    scsi::TargetPortGroups again;
    BASE_ASSERT(scsi::decode_target_port_groups(base::Bytes(bytes).first(length), again));
    BASE_ASSERT(again.groups.size() == groups.groups.size() && again.extended == groups.extended);
    for (size_t i = 0; i < groups.groups.size(); ++i) {
      BASE_ASSERT(again.groups[i].id == groups.groups[i].id &&
                  again.groups[i].state == groups.groups[i].state &&
                  again.groups[i].preferred == groups.groups[i].preferred &&
                  again.groups[i].ports.size() == groups.groups[i].ports.size());
    }
  }
  if (const auto set = scsi::decode_set_groups(input)) {
    std::vector<uint8_t> bytes(size);
    BASE_ASSERT(scsi::encode_set_groups(bytes, {set->data(), set->size()}) == size);
    const auto again = scsi::decode_set_groups(bytes);
    BASE_ASSERT(again && again->size() == set->size());
  }
  return 0;
}
