// The target port groups of a LUN as the last believed answer shows them. Inside dsm/ only.
#pragma once

#include "dsm/step.h"

namespace dsm::access {

// Takes over lun.rtpg, which has been decoded without a defect: states, preferred bits, transition
// time, and whether the LUN is symmetric. Groups that are not in it any more are forgotten.
void adopt_groups(Step& step, Lun& lun);

}  // namespace dsm::access
