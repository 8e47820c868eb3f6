// From what is stored to what is in force. The DSM decides; here its operation set_policy is given
// what the levels say. PASSIVE_LEVEL, one thread at a time (settings/gate.h).
#pragma once

#include "windows/driver/driver.h"
#include "windows/driver/lun_view.h"
#include "windows/driver/settings/in_force.h"

namespace driver {

// What is to be in force for a LUN. Large: not for a stack.
struct Wanted {
  dsm::PolicySettings settings;  // its list is `paths`
  base::FixedVector<dsm::PathSetting, dsm::kMaxPathsPerLun> paths;
};

// What the settings say: of `own` the paths, of all levels the policy.
void want(const Driver& driver, const LunView& lun, const LunSettings& own, const Levels& levels,
          Wanted& out);

// Stores `next` for the LUN and puts `wanted` into force. All or nothing: when the array does not
// follow, `former` is stored again.
NTSTATUS change_lun(AtPassive here, Driver& driver, LunView& lun, const LunSettings& former,
                    const LunSettings& next, const Wanted& wanted);

// What apply_levels() needs, to be had before anything is stored. Large: not for a stack.
struct ApplyScratch {
  LunView lun;
  LunSettings own;
  Levels levels;
  Wanted wanted;
};

// A level has been stored: every LUN gets what the levels say now. Returns the last failure.
NTSTATUS apply_levels(AtPassive here, Driver& driver, ApplyScratch& use);

NTSTATUS nt_status_of(const base::Status& status);

}  // namespace driver
