#include "cli/inf/compact.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "cli/inf/device_ids.h"
#include "dsm/claim.h"
#include "inf/index.h"

namespace cli {
namespace {

constexpr size_t kShortest = 9;  // a vendor alone would claim all that it makes

bool claims_any(std::string_view entry, std::span<const std::string> devices) {
  return std::any_of(devices.begin(), devices.end(), [entry](const std::string& device) {
    return dsm::entry_matches(entry, device);
  });
}

// Trailing blanks of a prefix count for nothing, so it ends in something else.
bool is_entry(std::string_view text) {
  return text.size() == kDeviceIdCharacters || (text.size() >= kShortest && text.back() != ' ');
}

// Empty: each, the whole ID too, claims what is to be left out.
std::string_view shortest_entry(std::string_view device, std::span<const std::string> left_out) {
  for (size_t size = kShortest; size <= device.size(); ++size) {
    const std::string_view entry = device.substr(0, size);
    if ((is_entry(entry) || size == device.size()) && !claims_any(entry, left_out)) {
      return entry;
    }
  }
  return {};
}

// What all have in common, as far as it is an entry.
std::string common_entry(const std::vector<std::string>& devices) {
  std::string_view common = devices.front();
  for (const std::string& device : devices) {
    size_t same = 0;
    while (same < common.size() && same < device.size() &&
           inf::same_name(common.substr(same, 1), std::string_view(device).substr(same, 1))) {
      ++same;
    }
    common = common.substr(0, same);
  }
  while (common.size() < devices.front().size() && common.back() == ' ') {
    common.remove_suffix(1);
  }
  return std::string(common);
}

}  // namespace

// Entries are prefixes, so of two that claim the same device one begins with the other. The
// shortest that a device may have therefore claims all whose shortest it is, and no two of these
// overlap: there is no smaller list.
bool compact(std::span<const std::string> devices, std::span<const std::string> left_out,
             std::vector<CompactEntry>& entries, std::string& error) {
  entries.clear();
  std::map<std::string, size_t> by_shortest;
  for (const std::string& device : devices) {
    const std::string_view shortest = shortest_entry(device, left_out);
    if (shortest.empty()) {
      error = fmt::format("no entry claims \"{}\" and none of those to be left out", device);
      return false;
    }
    const auto [group, is_new] = by_shortest.emplace(inf::folded(shortest), entries.size());
    if (is_new) {
      entries.emplace_back();
    }
    entries[group->second].devices.push_back(device);
  }
  for (CompactEntry& entry : entries) {
    entry.entry = common_entry(entry.devices);
    entry.is_prefix = entry.entry.size() < kDeviceIdCharacters;
  }
  return true;
}

}  // namespace cli
