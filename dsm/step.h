// What every part of the module needs while it handles one event: where actions go, what time it
// is, and why this happens. Inside dsm/ only.
#pragma once

#include "dsm/action.h"
#include "dsm/config.h"
#include "dsm/objects.h"

namespace dsm {

struct Step {
  const Config& config;
  Actions& out;
  TimeNs now = 0;
  Cause cause = Cause::none;
};

// Appends a blank action for `lun`. The caller of Module::on() left room for it.
Action& add(Step& step, ActionKind kind, const Lun* lun);

// Reports are the first to go when the list fills up: the rest of it must never be lost.
void report(Step& step, const Lun& lun, ReportWhat what, uint32_t old_value, uint32_t new_value,
            const Nexus* nexus = nullptr, uint32_t detail = 0, uint16_t group = 0);

// The pause after so many failures in a row.
TimeNs retry_pause_ns(const Config& config, uint32_t failures);

// A command of the DSM's own down `nexus`; the answer comes as command_done with this id.
Send& send(Step& step, Lun& lun, Nexus& nexus, uint32_t deadline_ms);

void finish_operation(Step& step, const Lun* lun, const OperationState& operation,
                      base::Status status);

// Each occupied slot's nexus, lowest slot first.
template <typename F>
void for_each_nexus(Lun& lun, F&& f) {
  for (unsigned slot = 0; slot < kMaxPathsPerLun; ++slot) {
    if (Nexus* nexus = lun.nexus_at(slot)) {
      f(*nexus);
    }
  }
}
inline Nexus* find_nexus(Lun& lun, NexusId id) {
  Nexus* found = nullptr;
  for_each_nexus(lun, [&](Nexus& nexus) { found = nexus.id == id ? &nexus : found; });
  return found;
}

// Null when the nexus is not there, or is being removed.
inline Nexus* find_live(Lun& lun, NexusId id) {
  Nexus* nexus = find_nexus(lun, id);
  return nexus != nullptr && takes_commands(*nexus) ? nexus : nullptr;
}

constexpr uint32_t sense_detail(uint8_t key, uint8_t asc, uint8_t ascq) {
  return (uint32_t{key} << 16) | (uint32_t{asc} << 8) | ascq;
}

}  // namespace dsm
