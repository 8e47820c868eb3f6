// The installer as a whole: from a command line to an exit code.
#pragma once

#include <string>
#include <vector>

#include "windows/setup/exit_code.h"
#include "windows/setup/runner.h"

namespace setup {

// `arguments` without the program's name. Everything that people read goes to `teller`, and to the
// system's log; what failed also when /quiet is given.
ExitCode run_installer(System& system, const Vendor& vendor, Teller& teller,
                       const std::vector<std::string>& arguments);

}  // namespace setup
