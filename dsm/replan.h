// From facts to the published plan, and what follows from a new one.
#pragma once

#include "dsm/step.h"

namespace dsm {

// Everything plan() wants to know about the LUN now, in the LUN's scratch space.
const PlanInput& gather(Lun& lun, TimeNs now);

// The access states have been read a moment ago: what they show is not a reason to read them again.
enum class StatesRead : uint8_t { earlier, just_now };

// Plans anew, publishes, reports what changed, and starts the access-state work that the plan
// wants. Under the LUN's lock.
void replan(Step& step, Lun& lun, StatesRead states_read = StatesRead::earlier);

// Plans anew if that is due, holds or releases the LUN's I/O as the work on access states and on a
// reservation wants it, and arms the LUN's timer for whatever is due next. Last in every step on a
// LUN.
void settle(Step& step, Lun& lun);

}  // namespace dsm
