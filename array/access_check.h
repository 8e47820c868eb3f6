// What stands between a task and its execution, in this order: does the LUN exist, is a unit
// attention pending, has another nexus reserved the unit (for a while or persistently), is the
// command served in this port's access state and by its controller, is there a medium.
#pragma once

#include "array/commands.h"

namespace array {

// True: execute it. False: the task has been ended with the status that applies.
bool may_execute(Context& context, const CommandRow& row);

}  // namespace array
