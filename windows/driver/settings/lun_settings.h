// What is set for one LUN and for its paths: the key
// `Parameters\DsmLoadBalanceSettings\<name of the LUN>` with a subkey for each path. All of it at
// PASSIVE_LEVEL, one thread at a time (settings/gate.h).
//
// A change is many values. So that it is stored as a whole or not at all, all of it is first
// written as one value, DsmPendingSettings, which holds as long as it is there; then the values are
// written one by one, and the pending value goes. What a crash or a failure leaves undone the next
// change of this LUN does.
#pragma once

#include "windows/driver/settings/levels.h"

namespace driver {

struct StoredPath {
  PathName name = kNoPath;
  dsm::Desire desire = dsm::Desire::undetermined;
  uint32_t weight = 0;

  bool empty() const { return desire == dsm::Desire::undetermined && weight == 0; }
};

// Large: not for a stack.
struct LunSettings {
  static constexpr size_t kMaxPaths = 64;  // twice what a LUN has, for those that are not there now

  PolicySetting policy;
  base::FixedVector<StoredPath, kMaxPaths> paths;

  // Null: nothing is stored for it.
  const StoredPath* find(PathName name) const;
  // False: no room.
  bool set(const StoredPath& path);
  bool empty() const { return !policy.set() && paths.empty(); }

  // For reading, so that it cannot fail for want of memory.
  static constexpr size_t kScratchBytes = 1536;
  alignas(KEY_BASIC_INFORMATION) uint8_t scratch[kScratchBytes];
};

// What is not there, cannot be read or makes no sense is not set. Makes nothing.
void read_lun(AtPassive here, const SettingsRoot& parameters, LunName& name, LunSettings& out);

// A failure says that the former settings are in force; a success, that these are.
NTSTATUS write_lun(AtPassive here, const SettingsRoot& parameters, LunName& name,
                   const LunSettings& settings);

}  // namespace driver
