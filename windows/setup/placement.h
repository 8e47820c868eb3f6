// Where the files of a driver package lie for good: Windows may ask for them again years later. A
// package below Program Files stays where it is, another is copied there, into a folder of its
// version.
#pragma once

#include <string>
#include <vector>

#include "windows/setup/driver_package.h"
#include "windows/setup/step.h"

namespace setup {

class Placement {
 public:
  Placement(System& system, const Vendor& vendor, const DriverPackage& package);

  std::string inf() const { return joined(folder_, package_.inf); }
  // Those that bring it there.
  const std::vector<Step>& steps() const { return steps_; }
  // Is it a folder that leads to it, or something in it? Once copied, it is installed from there
  // too.
  bool includes(const Step& step) const;

 private:
  void copy_below(const std::string& above);
  void list_files();

  System& system_;
  const Vendor& vendor_;
  const DriverPackage& package_;
  std::string folder_;
  std::vector<Step> files_;
  std::vector<Step> steps_;
};

}  // namespace setup
