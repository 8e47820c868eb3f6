// One work on access states from its first command to its rest. Inside dsm/access/ only.
#pragma once

#include "dsm/step.h"

namespace dsm::access {

// From rest: the first command of what is wanted. Does nothing while work is under way.
void start(Step& step, Lun& lun);
// From idle or the end of a pause to the next command, or to rest.
void proceed(Step& step, Lun& lun);
// The last command again after a pause; gives up when the time of the work has passed.
void try_later(Step& step, Lun& lun, const Nexus& nexus);
// What was asked for did not help: not again at once, and ever less often while I/O flows anyway.
void pace(Step& step, Lun& lun);
// Does this LUN's RTPG ask for the extended header?
bool asks_extended(const Step& step, const AccessWork& work);

}  // namespace dsm::access
