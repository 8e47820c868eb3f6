// The array's target port groups: one per controller, and the access state of each. SPC-4 5.15.2.
#pragma once

#include <cstdint>
#include <vector>

#include "array/config.h"
#include "scsi/target_port_groups.h"

namespace array {

class Groups {
 public:
  explicit Groups(const Config& config);

  size_t count() const { return states_.size(); }
  bool exists(uint16_t id) const { return id >= 1 && id <= states_.size(); }
  scsi::AccessState state(uint16_t id) const { return states_[id - 1]; }
  void set_state(uint16_t id, scsi::AccessState state, bool implicitly);
  // The state the configuration gives the group when all is well.
  scsi::AccessState home_state(uint16_t id) const;

  // Answer of REPORT TARGET PORT GROUPS.
  scsi::TargetPortGroups report(bool extended) const;

 private:
  const Config& config_;
  std::vector<scsi::AccessState> states_;
  std::vector<uint8_t> status_codes_;
};

}  // namespace array
