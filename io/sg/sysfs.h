// What /sys tells of the SCSI device behind an sg node: the names of its two ports, and whether the
// kernel lets commands through to it.
#pragma once

#include <string>

#include "mpio/transport.h"

namespace io::sg {

class Sysfs {
 public:
  // `root`: "/sys"; tests have one of their own.
  explicit Sysfs(std::string root) : root_(std::move(root)) {}

  // Looks where the node's device is; `device_number` as in Node. Forgets the last one.
  void find(const std::string& device_number);
  bool found() const { return !device_.empty(); }

  // "running", "blocked", "offline", "transport-offline" ...; "" when there is no telling.
  std::string state() const;
  // Where state() is to be set right: ".../state".
  std::string state_file() const { return device_ + "/state"; }

  // The I_T nexus as its transport names it: Fibre Channel and SAS port names as "naa.HEX", iSCSI
  // names. Where the transport tells none, the adapter is named by the device that it hangs on, the
  // target stays empty (VPD page 83h may tell it), and `portal` is its channel and number there.
  mpio::PathPorts ports() const;

 private:
  std::string part(std::string_view prefix) const;
  std::string before_host() const;
  std::string read(const std::string& relative) const;

  std::string root_;
  std::string device_;  // .../hostH/.../targetH:C:T/H:C:T:L
};

}  // namespace io::sg
