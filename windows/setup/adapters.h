// Which adapters are restarted, so that MPIO's port filter comes above them and the disks behind
// them arrive anew: all but those that the running system stands on.
#pragma once

#include <string>
#include <vector>

#include "windows/setup/system.h"

namespace setup {

// The volumes that the system cannot do without for a moment: with Windows on it, the one it boots
// from, those with paging files, that of the dump of a crash and of hibernation. By their roots
// ("C:\"), device names ("\Device\HarddiskVolume1") or, for a paging file that may be anywhere,
// "?".
std::vector<std::string> critical_volumes(System& system);

struct AdapterChoice {
  Adapter adapter;
  std::string kept_because;  // empty: it may be restarted
  bool has_our_disks = false;
};

struct AdapterPlan {
  std::vector<AdapterChoice> adapters;
  bool restart_needed = false;  // of the machine: an adapter with our disks must be left alone
};

AdapterPlan plan_adapters(System& system, const std::vector<std::string>& entries);

// Does an entry of MPIO's list name this disk? Windows writes the blanks of inquiry data as "_".
bool is_named_by(const std::string& disk_instance, const std::string& entry);

}  // namespace setup
