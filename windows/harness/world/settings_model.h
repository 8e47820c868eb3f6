// What has been set in a world, by a plain model of the levels; compared with what the driver shows
// of it and with what the registry holds.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "windows/harness/administrator.h"
#include "windows/harness/world/windows_host.h"

namespace harness {

// What one level says.
struct SetPolicy {
  static constexpr uint32_t kNobody = UINT32_MAX;
  // It was on its way out when something was set that did not mark it: whether it was still shown,
  // and so was meant not to be preferred any more, is not told.
  static constexpr uint32_t kUntold = UINT32_MAX - 1;

  ULONG policy = 0;              // 0: not set
  uint32_t preferred = kNobody;  // a path of the world; with fail over only
};

struct SettingsModel {
  SetPolicy lun;
  SetPolicy make;
  SetPolicy everything;
  std::map<uint32_t, ULONG> weights;  // by path of the world, as last set with weighted paths
  // How many paths are stored as wanted to stand by; not told when some path was not there, or the
  // array says what paths are.
  std::optional<ULONGLONG> standing_by = 0;
  // A level was stored and could not be put into force: what the LUN does until the next change is
  // not told.
  bool is_in_force = true;

  // Which path the LUN prefers after this has been set for it. To be asked before it is set: what
  // can be named is what is there.
  uint32_t preferred_after(WindowsHost& host, const PolicyV2& policy) const;

  // Empty when the driver shows that; else what it shows instead. At PASSIVE_LEVEL.
  std::string difference(WindowsHost& host) const;
  // The same of the registry, when no change is under way.
  std::string difference_of_registry() const;

 private:
  const SetPolicy& deciding() const;
  std::string of_levels(WindowsHost& host) const;
  std::string of_lun(WindowsHost& host) const;
};

// The number by which MPIO knows a path of the world; 0: it has no device there.
ULONGLONG number_of(WindowsHost& host, uint32_t path);

}  // namespace harness
