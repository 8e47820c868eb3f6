#include "cli/inf/device_ids.h"

#include <fmt/format.h>

#include <algorithm>

#include "inf/device_lists.h"
#include "inf/read.h"

namespace cli {
namespace {

constexpr size_t kVendor = 8;

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

// An entry of an INF may be a prefix and stays one.
bool add_id(const std::string& place, std::string_view text, bool pad,
            std::vector<std::string>& ids, std::string& error) {
  const size_t end = text.find_last_not_of(' ');
  if (text.size() > kDeviceIdCharacters || end == std::string_view::npos || end < kVendor ||
      !is_printable(text)) {
    error = fmt::format(
        "{}: \"{}\" is no device ID; give the vendor padded with blanks to 8 characters, and 1 to "
        "16 printable ones of the product",
        place, is_printable(text) ? text : "?");
    return false;
  }
  std::string id(text);
  if (pad) {
    id.resize(kDeviceIdCharacters, ' ');
  }
  ids.push_back(std::move(id));
  return true;
}

}  // namespace

bool make_device_id(std::string_view vendor, std::string_view product, std::string& id,
                    std::string& error) {
  const auto end_of = [](std::string_view text) { return text.find_last_not_of(' ') + 1; };
  vendor = vendor.substr(0, end_of(vendor));
  product = product.substr(0, end_of(product));
  if (vendor.empty() || vendor.size() > kVendor || product.empty() ||
      product.size() > kDeviceIdCharacters - kVendor || !is_printable(vendor) ||
      !is_printable(product)) {
    error = "give a vendor of 1 to 8 and a product of 1 to 16 printable characters";
    return false;
  }
  id = vendor;
  id.resize(kVendor, ' ');
  id += product;
  id.resize(kDeviceIdCharacters, ' ');
  return true;
}

bool read_device_ids(const std::string& file, std::string_view bytes, std::vector<std::string>& ids,
                     std::string& error) {
  const inf::Document document = inf::read_bytes(bytes);
  for (const inf::ListedDevice& device : inf::listed_devices(document)) {
    const std::string place = fmt::format("{}:{}:{}", file, device.place.line, device.place.column);
    if (!add_id(place, device.entry, false, ids, error)) {
      return false;
    }
  }
  if (!ids.empty()) {
    return true;
  }
  unsigned number = 0;
  for (size_t at = 0; at < bytes.size();) {
    const size_t end = std::min(bytes.find('\n', at), bytes.size());
    std::string_view line = bytes.substr(at, end - at);
    at = end + 1;
    ++number;
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    if (line.find_first_not_of(" \t") == std::string_view::npos || line.starts_with('#')) {
      continue;
    }
    if (!add_id(fmt::format("{}:{}:1", file, number), line, true, ids, error)) {
      return false;
    }
  }
  if (ids.empty()) {
    error = file + " has no device IDs";
  }
  return !ids.empty();
}

}  // namespace cli
