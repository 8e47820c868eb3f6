// Whose installer this is. The builder (tools/windows_setup.py) makes it of the header that the
// driver is compiled with, so that one file installs one driver.
#pragma once

#include <string>

namespace setup {

struct Vendor {
  std::string service;  // acmedsm
  std::string driver;   // acmedsm.sys
  std::string display_name;
  std::string company;
  std::string version;  // of the driver that it was built beside: 1.2.0.0

  // What files and keys of the installer are named after.
  std::string stem() const { return driver.substr(0, driver.rfind('.')) + "-setup"; }
};

}  // namespace setup
