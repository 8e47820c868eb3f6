// The smallest list of entries that claims given devices and none of some others.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace cli {

struct CompactEntry {
  std::string entry;                 // as dsm::entry_matches() takes it
  std::vector<std::string> devices;  // of the given, that it claims
  bool is_prefix = false;            // it claims every product that begins so, not given ones too
};

// In the order of the devices. An entry is as long as it can be without there being more entries,
// so that it claims no more than it must. False: `error` names a device that no entry can tell from
// one to be left out.
bool compact(std::span<const std::string> devices, std::span<const std::string> left_out,
             std::vector<CompactEntry>& entries, std::string& error);

}  // namespace cli
