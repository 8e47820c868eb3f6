// The operation set_policy: an administrator's settings, checked as a whole, applied, and put back
// if the array does not follow. Under the LUN's lock; inside dsm/ only.
#pragma once

#include "dsm/operation.h"
#include "dsm/step.h"

namespace dsm {

// The rules are those of SetLoadBalancePolicy, by their numbers in settings_rules_test.cpp, which
// says of each how it is kept.
base::Status check_settings(Lun& lun, const PolicySettings& settings);
// Plans anew; what the new plan wants of the array is asked for at once. `settings` must have been
// checked.
void apply_settings(Step& step, Lun& lun, const PolicySettings& settings);
// Does the array have to act before the settings just applied are in force?
bool settings_wait(const Lun& lun);
// As before apply_settings(). settle() plans anew.
void restore_settings(Lun& lun);

}  // namespace dsm
