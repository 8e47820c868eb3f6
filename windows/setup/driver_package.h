// What the installer has to know of a driver package: what its INF says for one machine.
#pragma once

#include <string>
#include <vector>

#include "windows/setup/system.h"
#include "windows/setup/vendor.h"

namespace setup {

struct DriverPackage {
  std::string folder;  // absolute
  std::string inf;     // its name in there
  std::string hardware_id;
  std::string version;                    // DriverVer: 1.2.0.0
  std::vector<std::string> files;         // all of it, relative to the folder; the INF is the first
  std::vector<std::string> driver_files;  // what the INF copies to Folder::drivers
  std::vector<std::string> entries;       // devices for MPIOSupportedDeviceList
  std::vector<std::string> wmi_classes;   // that get a security descriptor: GUIDs without braces

  std::string inf_path() const;
};

std::string joined(const std::string& folder, const std::string& name);  // "\" between them

// Throws Failure, which names the place and the remedy: a file is missing, the INF has nothing for
// this machine and hardware id, or does not install this vendor's service.
DriverPackage read_package(System& system, const Vendor& vendor, const std::string& folder,
                           const std::string& inf, const std::string& hardware_id);

}  // namespace setup
