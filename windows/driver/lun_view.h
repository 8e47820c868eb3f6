// What administrators see of a LUN: a copy of what the DSM knows, taken at one moment.
#pragma once

#include <array>

#include "windows/driver/driver.h"
#include "windows/driver/settings/names.h"

namespace driver {

struct PathView {
  dsm::NexusId nexus = 0;  // 0: the slot is empty
  dsm::PathId path = 0;
  PathName name = kNoPath;
  bool live = false;      // not being removed
  bool arriving = false;  // and not taken into use yet
  bool down = false;
  bool suspect = false;
  bool marginal = false;
  dsm::EffectiveState effective = dsm::EffectiveState::absent;
  dsm::Desire desire = dsm::Desire::undetermined;
  uint32_t weight = 0;
  bool has_access = false;  // its target port group is known
  scsi::AccessState access = scsi::AccessState::transitioning;
  bool group_preferred = false;
  uint8_t supported_states = 0;
  uint16_t group = 0;
  uint16_t port = 0;
  uint64_t failovers = 0;

  bool works() const { return live && !arriving && !down; }
};

// Large: not for a stack.
struct LunView {
  dsm::LunId id = 0;
  LunName name;
  base::FixedString<24> model;
  dsm::PolicyId policy = dsm::PolicyId::none;     // as set
  dsm::PolicyId effective = dsm::PolicyId::none;  // what stands in for it on an asymmetric LUN
  dsm::SettingsOrigin origin = dsm::SettingsOrigin::capability;
  dsm::NexusId preferred = 0;
  bool symmetric = true;
  dsm::AluaSupport support = dsm::AluaSupport::none;
  std::array<PathView, dsm::kMaxPathsPerLun> paths;  // by slot

  const PathView* find(dsm::NexusId nexus) const;
  // The name under which a path's settings are stored: MPIO's number where two share the name.
  PathName stored_name(const PathView& path) const;
};

// False: there is no such LUN any more. Up to DISPATCH_LEVEL.
bool view_lun(Engine& engine, dsm::LunId id, LunView& out);

}  // namespace driver
