// What the driver costs per command: ntrun DRIVER.sys --bench [POLICY].
#pragma once

#include <string>

namespace harness {

// Prints the figures. Ends the process when the driver does not do what is measured; never because
// of a time. `policy_name`: which one only; "": all.
void run_bench(const std::string& driver_path, const std::string& policy_name);

}  // namespace harness
