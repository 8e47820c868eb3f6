// See attendant.h.
#include "windows/harness/world/attendant.h"

namespace harness {

void Attendant::perform(const sim::Deed& deed) {
  if (deed.kind == sim::DeedKind::remove_path) {
    host_.remove_path(deed.on);
  } else if (deed.kind == sim::DeedKind::add_path) {
    host_.add_path(deed.on);
  }
}

// What is left may be a path that cannot serve.
void Attendant::settle() {
  for (uint32_t path = 0; path < world_.config.paths; ++path) {
    host_.add_path(path);
  }
}

// The policy gives every path its part, and the array asks for no other.
bool Attendant::spreads_over_all() const {
  constexpr uint32_t kRoundRobin = 2;
  constexpr uint32_t kLeastQueueDepth = 4;
  const uint32_t policy = world_.config.policy == 0 ? kRoundRobin : world_.config.policy;
  bool all_optimized = true;
  for (unsigned path = 0; path < world_.config.paths; ++path) {
    const uint16_t group = world_.storage->group_of_port(path);
    all_optimized = all_optimized &&
                    world_.storage->groups().state(group) == scsi::AccessState::active_optimized;
  }
  return all_optimized && (policy == kRoundRobin || policy == kLeastQueueDepth);
}

void Attendant::judge() {
  const std::vector<uint32_t> data = world_.wire->take_data_by_link();
  for (uint32_t path = 0; spreads_over_all() && path < world_.config.paths; ++path) {
    if (data[path] == 0) {
      world_.found(sim::Invariant::path_recovers,
                   "path " + std::to_string(path) + " is in service and carries nothing");
    }
  }
}

}  // namespace harness
