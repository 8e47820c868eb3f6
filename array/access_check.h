// What stands between a task and its execution, in the standard's order: does the LUN exist, is a
// unit attention pending, may the command run in this port's access state. Reservations will be the
// next step here.
#pragma once

#include "array/commands.h"

namespace array {

// True: execute it. False: the task has been ended with the status that applies.
bool may_execute(Context& context, const CommandRow& row);

}  // namespace array
