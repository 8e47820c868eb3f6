// What the driver costs per command: ntrun DRIVER.sys --bench.
#pragma once

#include <string>

namespace harness {

// Prints the figures. Ends the process when the driver does not do what is measured; never because
// of a time.
void run_bench(const std::string& driver_path);

}  // namespace harness
