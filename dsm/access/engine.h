// Access-state work: REPORT and SET TARGET PORT GROUPS, and START STOP UNIT where a vendor's rule
// asks for it, one at a time per LUN, with retries, pauses and a deadline. An STPG is always
// followed by an RTPG; a target that is in transition is asked again at a growing pace until it has
// arrived or its time is up. What does not help is not repeated at once: the plan's next wish
// waits, longer each time, until an optimized path is there or the situation changes. Behaviour:
// ALUA of SPC-4 5.15.2. Under the LUN's lock; inside dsm/ only.
#pragma once

#include "dsm/event.h"
#include "dsm/step.h"

namespace dsm::access {

// Read the states, preferably through `via` (null: any). While an RTPG is out already nothing is
// added: a change after the target has answered it announces itself by another unit attention.
void refresh(Step& step, Lun& lun, const Nexus* via);
// The same on behalf of a failed command: holds the LUN's I/O meanwhile. `elsewhere`: ask a nexus
// of another group than `via`'s, if there is one.
void refresh_for_error(Step& step, Lun& lun, const Nexus& via, bool elsewhere);
// The same to find out whether `via` works, even though it may be down. How it went for `via`
// stands in AccessWork::tried and ::answered when the work rests; in neither if other work was
// under way.
void refresh_to_verify(Step& step, Lun& lun, const Nexus& via);
// START STOP UNIT down `via` on behalf of a failed command: its controller is to take the LUN over.
// Holds the LUN's I/O meanwhile. While other work is under way it only holds: the command that is
// tried again asks again.
void take_over_for_error(Step& step, Lun& lun, const Nexus& via);
// Make `group` active/optimized, asking through `via`, then read the states.
void activate(Step& step, Lun& lun, const Nexus& via, uint16_t group);
// The situation is a new one: what the plan wants may be asked for at once.
void forget_failures(Lun& lun);

// True when the command was this work's. Plans anew when something was learnt.
bool on_command_done(Step& step, Lun& lun, const Nexus& nexus, const CommandDone& done);
void on_time(Step& step, Lun& lun);
// When on_time() is wanted; 0: not at all.
TimeNs due(const Lun& lun);

}  // namespace dsm::access
