// The devices: the module's own list and MPIO's.
#include <algorithm>

#include "inf/check/judges.h"
#include "inf/device_lists.h"

namespace inf {
namespace {

constexpr size_t kVendorLength = 8;
constexpr size_t kLength = 24;
constexpr uint32_t kAppend = 0x00010008;

bool is_mpio_list(const RegistryValue& value) {
  return device_list(value.name) == DeviceList::of_mpio;
}
bool is_own_list(const RegistryValue& value) {
  return device_list(value.name) == DeviceList::of_module;
}

// "VENDOR  PRODUCT": eight characters of vendor, then up to sixteen. False: it is none.
bool judge_entry(const std::string& entry, Place place, Findings& findings) {
  if (entry.size() <= kVendorLength || entry.size() > kLength) {
    findings.add(
        Rule::devices_entry, place,
        shown(entry) + " has " + std::to_string(entry.size()) + " characters, not 9 to 24");
    return false;
  }
  const std::string_view text = entry;
  const size_t vendor = text.find_last_not_of(' ', kVendorLength - 1);
  if (vendor == std::string_view::npos) {
    findings.add(Rule::devices_entry, place, shown(entry) + " begins with no vendor");
    return false;
  }
  const std::string_view product = text.substr(kVendorLength);
  if (product.front() == ' ' || text.substr(0, vendor + 1).find("  ") != std::string_view::npos) {
    findings.add(Rule::devices_entry, place,
                 shown(entry) + ": the product does not begin with the 9th character");
    return false;
  }
  if (product.size() < kLength - kVendorLength && product.back() == ' ') {
    findings.add(Rule::devices_entry, place,
                 shown(entry) + " ends in blanks and has " + std::to_string(entry.size()) +
                     " characters; pad it to 24, or leave them away for a prefix");
    return false;
  }
  const std::string_view words = product.substr(0, product.find_last_not_of(' ') + 1);
  if (text.substr(0, vendor + 1).find(' ') != std::string_view::npos) {
    findings.add(Rule::devices_blank, place,
                 "the vendor " + shown(text.substr(0, vendor + 1)) +
                     " has a blank within; is it padded to 8 characters?");
  } else if (words.find(' ') != std::string_view::npos) {
    findings.add(Rule::devices_blank, place, "the product " + shown(words) + " has blanks within");
  }
  return true;
}

void judge_append(const RegistryValue& value, Findings& findings) {
  uint32_t flags = 0;
  if (parse_number(value.flags, flags) && flags != kAppend) {
    findings.add(Rule::devices_append, value.line->place_of(3),
                 "the flags are " + value.flags + ", not 0x00010008");
  }
  if (value.data.size() != 1) {
    findings.add(Rule::devices_append, value.line->place,
                 "the line has " + std::to_string(value.data.size()) + " devices, not 1");
  }
}

bool is_among(const std::string& entry, const std::vector<std::string>& list) {
  return std::any_of(list.begin(), list.end(),
                     [&entry](const std::string& each) { return same_name(each, entry); });
}

void expect_all(const std::vector<std::string>& entries, const std::vector<std::string>& list,
                const std::string& name, Place place, Findings& findings) {
  for (const std::string& entry : entries) {
    if (!is_among(entry, list)) {
      findings.add(Rule::devices_lists_differ, place, shown(entry) + " is not in " + name);
    }
  }
}

}  // namespace

void judge_devices(const Package& package, const Expectations& expectations, Findings& findings) {
  std::vector<std::string> own;
  std::vector<std::string> mpio;
  const RegistryValue* first_mpio = nullptr;
  bool has_own = false;
  for (const RegistryValue& value : package.registry()) {
    if (!is_mpio_list(value) && !is_own_list(value)) {
      continue;
    }
    has_own |= is_own_list(value);
    if (is_mpio_list(value)) {
      first_mpio = first_mpio == nullptr ? &value : first_mpio;
      judge_append(value, findings);
    }
    for (size_t i = 0; i < value.data.size(); ++i) {
      // What the driver is known to be for is not doubted.
      if (is_among(value.data[i], expectations.devices) ||
          judge_entry(value.data[i], value.line->place_of(4 + i), findings)) {
        (is_mpio_list(value) ? mpio : own).push_back(value.data[i]);
      }
    }
  }
  if (!has_own) {
    findings.add(Rule::devices_none, first_mpio != nullptr ? first_mpio->line->place : Place{1, 1},
                 "DsmSupportedDeviceList is not written");
  }
  if (first_mpio == nullptr || !has_own) {
    return;  // the installer writes the other
  }
  expect_all(own, mpio, name_of(DeviceList::of_mpio), first_mpio->line->place, findings);
  expect_all(mpio, own, name_of(DeviceList::of_module), first_mpio->line->place, findings);
}

}  // namespace inf
