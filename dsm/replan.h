// From facts to the published plan, and what follows from a new one.
#pragma once

#include "dsm/step.h"

namespace dsm {

// Everything plan() wants to know about the LUN now.
void gather(const Lun& lun, TimeNs now, PlanInput& out);

// Plans anew, publishes, reports what changed, and starts the access-state work that the plan
// wants. Under the LUN's lock.
void replan(Step& step, Lun& lun);

// Holds or releases the LUN's I/O as the state of the access work wants it, and arms the LUN's
// timer for whatever is due next. Last in every step on a LUN.
void settle(Step& step, Lun& lun);

}  // namespace dsm
