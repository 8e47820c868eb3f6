// A disk that is served from the first login to the last logout.
#pragma once

#include "cli/disk_options.h"

namespace cli {

// After to_config(). Until a signal ends it; the exit code.
int run_disk(const DiskOptions& options);

}  // namespace cli
