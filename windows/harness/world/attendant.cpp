// See attendant.h.
#include "windows/harness/world/attendant.h"

#include <numeric>

#include "windows/harness/administrator.h"

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

// The policy gives every path its part, the array asks for no other, and nobody has reserved it.
bool Attendant::spreads_over_all() const {
  const ULONG policy =
      host_.mpio().device_count() != 0 ? Administrator(host_.mpio()).policy_now() : 0;
  // What another policy had under way may be counted until the depths are looked up anew.
  const bool is_by_depth = policy == kLeastQueueDepth && !world_.config.features.settings;
  bool all_optimized = true;
  for (unsigned path = 0; path < world_.config.paths; ++path) {
    const uint16_t group = world_.storage->group_of_port(path);
    all_optimized = all_optimized &&
                    world_.storage->groups().state(group) == scsi::AccessState::active_optimized;
  }
  return all_optimized && !world_.config.features.reservations &&
         (policy == kRoundRobin || is_by_depth);
}

// Others are preferred to a path on which commands fail too often.
bool Attendant::is_good(uint32_t path) const {
  Mpio& mpio = host_.mpio();
  const auto number = reinterpret_cast<ULONGLONG>(mpio.path_of(host_.port(path)));
  const std::vector<uint8_t> bytes = Administrator(mpio).ask(driver::kDeviceHealth);
  for (ULONG i = 0; i < field<wire::Count>(bytes, 0).Number; ++i) {
    const auto health =
        field<wire::PathHealth>(bytes, sizeof(wire::Count) + i * sizeof(wire::PathHealth));
    if (health.PathId == number) {
      return health.Grade == wire::kGradeGood;
    }
  }
  return false;
}

void Attendant::judge() {
  const std::vector<uint32_t> data = world_.wire->take_data_by_link();
  // Of so many each has its turn, whichever processors they come from.
  const bool enough = std::accumulate(data.begin(), data.end(), 0U) >= 4 * world_.config.paths;
  for (uint32_t path = 0; enough && spreads_over_all() && path < world_.config.paths; ++path) {
    if (data[path] == 0 && is_good(path)) {
      world_.found(sim::Invariant::path_recovers,
                   "path " + std::to_string(path) + " is in service and carries nothing");
    }
  }
}

}  // namespace harness
