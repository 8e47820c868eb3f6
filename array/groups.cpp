// See groups.h.
#include "array/groups.h"

namespace array {
namespace {

// All there are: T, O, LBD, U, S, AN, AO (SPC-4 6.33). LBA-dependent and offline are entered only
// on command (the fault `access`), not by SET TARGET PORT GROUPS.
constexpr uint8_t kSupportedStates = 0xdf;
constexpr uint8_t kStatusExplicit = 1;
constexpr uint8_t kStatusImplicit = 2;

}  // namespace

Groups::Groups(const Config& config) : config_(config) {
  for (unsigned controller = 0; controller < config.controllers; ++controller) {
    states_.push_back(home_state(static_cast<uint16_t>(controller + 1)));
    status_codes_.push_back(0);
  }
}

scsi::AccessState Groups::home_state(uint16_t id) const {
  const bool home = config_.symmetric || config_.alua == AluaMode::none || id == 1;
  return home ? scsi::AccessState::active_optimized : config_.passive_state;
}

void Groups::set_state(uint16_t id, scsi::AccessState state, bool implicitly) {
  if (config_.alua == AluaMode::none) {
    return;  // all ports are equal, always
  }
  states_[id - 1] = state;
  status_codes_[id - 1] = implicitly ? kStatusImplicit : kStatusExplicit;
}

scsi::TargetPortGroups Groups::report(bool extended) const {
  scsi::TargetPortGroups answer;
  answer.extended = extended;
  answer.implicit_transition_time_s = config_.implicit_transition_time_s;
  for (uint16_t id = 1; exists(id); ++id) {
    scsi::TargetPortGroup group;
    group.id = id;
    group.state = state(id);
    group.preferred = !config_.symmetric && id == 1;
    group.supported_states = kSupportedStates;
    group.status_code = status_codes_[id - 1];
    for (size_t port = 0; port < config_.ports.size(); ++port) {
      if (config_.ports[port].controller + 1U == id) {
        static_cast<void>(group.ports.push_back(static_cast<uint16_t>(port + 1)));
      }
    }
    static_cast<void>(answer.groups.push_back(group));
  }
  return answer;
}

}  // namespace array
