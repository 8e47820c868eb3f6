// What is in force for a LUN and its paths, of all that is set somewhere (dsm/settings.h).
// PASSIVE_LEVEL, one thread at a time (settings/gate.h).
#pragma once

#include <string_view>

#include "windows/driver/settings/lun_settings.h"

namespace driver {

struct PolicyNow {
  dsm::PolicyId policy = dsm::PolicyId::none;  // none: nothing is set
  dsm::SettingsOrigin origin = dsm::SettingsOrigin::capability;
  PathName preferred = kNoPath;
};

// `model`: vendor and product, as ClaimResult has them.
PolicyNow policy_now(const LunSettings& own, const Levels& levels, std::string_view model);

// What is stored for a path that is known as `name` and, to MPIO, as `path`.
StoredPath settings_of_path(const LunSettings& own, PathName name, dsm::PathId path);
// Is it that path which is preferred?
bool is_preferred(PathName preferred, PathName name, dsm::PathId path);

// Of a nexus that arrives. False: no memory.
bool settings_of_arrival(AtPassive here, const SettingsRoot& parameters,
                         const dsm::ClaimResult& claim, PathName name, dsm::PathId path,
                         dsm::ArrivalSettings& out);

}  // namespace driver
