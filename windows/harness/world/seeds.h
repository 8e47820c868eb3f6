// Seeds of the simulated world with the real driver in it: the same worlds, faults and judges as
// those of the user-space disk (sim/seed.h).
#pragma once

#include <string>

#include "sim/runner.h"
#include "windows/harness/world/windows_host.h"

namespace harness {

// What runs one seed. The image is loaded once per process; the driver, anew for each seed.
sim::SeedRunner driver_seeds(const std::string& driver_path, Breach breach = Breach::none);

}  // namespace harness
