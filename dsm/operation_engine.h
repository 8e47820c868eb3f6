// Operations under way on a LUN. Each ends with exactly one op_done. Under the LUN's lock; inside
// dsm/ only.
#pragma once

#include "dsm/event.h"
#include "dsm/step.h"

namespace dsm::operations {

void start(Step& step, Lun& lun, const Operation& operation);
void cancel(Step& step, Lun& lun, OperationId id);
// True when the command was an operation's.
bool on_command_done(Step& step, Lun& lun, const CommandDone& done);
// The access-state work has come to rest. If Lun::replan_due is set, settings have been put back:
// plan anew, and come again if that wants nothing of the array.
void on_access_idle(Step& step, Lun& lun);
void on_time(Step& step, Lun& lun);
// Ends what works on a nexus that leaves; 0: everything of the LUN.
void on_nexus_leaving(Step& step, Lun& lun, NexusId nexus);
TimeNs due(const Lun& lun);

}  // namespace dsm::operations
