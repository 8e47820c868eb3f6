// Pass-through by path (IOCTL_MPIO_PASS_THROUGH_PATH and its sisters): which path the sender names.
#pragma once

#include "base/bytes.h"
#include "windows/driver/device.h"

namespace driver {

bool is_pass_through_by_path(const IRP* irp);

// One of the LUN's own paths, in whatever state it is. Null, and why: the sender's buffer is too
// short, contradicts itself, or names a path that does not lead to this LUN. Reads nothing outside
// the buffer. Up to DISPATCH_LEVEL.
PVOID path_of_pass_through(const DSM_IDS* ids, IRP& irp, NTSTATUS& status);

}  // namespace driver
