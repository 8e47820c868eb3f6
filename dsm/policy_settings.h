// The operation set_policy: an administrator's settings, checked as a whole and then applied. Under
// the LUN's lock; inside dsm/ only.
#pragma once

#include "dsm/operation.h"
#include "dsm/step.h"

namespace dsm {

base::Status check_settings(Lun& lun, const PolicySettings& settings);
// Plans anew; what the new plan wants of the array is asked for at once. `settings` must have been
// checked.
void apply_settings(Step& step, Lun& lun, const PolicySettings& settings);

}  // namespace dsm
