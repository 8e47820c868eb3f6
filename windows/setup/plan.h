// What a run will do, made of what is wanted, what is there, and what is recorded as the
// installer's own. Looks at the machine and changes nothing.
#pragma once

#include <vector>

#include "windows/setup/driver_package.h"
#include "windows/setup/kept.h"

namespace setup {

struct Plan {
  std::vector<Action> actions;
  Installed result;
  std::vector<Step> leaving;       // see Run
  std::vector<std::string> notes;  // what somebody should know: things that stay, and why
};

// A package that does not lie below Program Files is copied there, into a folder of its version:
// Windows may ask for its files again years later.
Plan plan_install(System& system, const Vendor& vendor, const DriverPackage& package,
                  const Installed& before);
Plan plan_uninstall(System& system, const Vendor& vendor, const Installed& before);

}  // namespace setup
