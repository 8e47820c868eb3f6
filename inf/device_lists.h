// The devices that an INF writes to the lists by which a module claims them: MPIO's own
// (MPIOSupportedDeviceList) and the module's (DsmSupportedDeviceList). Both must have a device.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "inf/document.h"

namespace inf {

enum class DeviceList : uint8_t { none, of_module, of_mpio };

// By the name of the registry value.
DeviceList device_list(std::string_view value_name);
const char* name_of(DeviceList list);  // "DsmSupportedDeviceList"

struct ListedDevice {
  DeviceList list = DeviceList::none;
  std::string entry;  // as dsm::entry_matches() takes it, blanks kept
  Place place;
};
// In the order of the file, which is the order in which they are compared.
std::vector<ListedDevice> listed_devices(const Document& document);
class Package;
std::vector<ListedDevice> listed_devices(const Package& package);

}  // namespace inf
