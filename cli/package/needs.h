// What `dsmkit package` cannot do without.
#pragma once

#include <string>

namespace cli {

// "": the folder is a source tree of dsmkit, and all programs are installed. Else what is missing
// and how to get it.
std::string missing_for_package(const std::string& source);

}  // namespace cli
