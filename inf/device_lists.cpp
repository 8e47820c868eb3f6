#include "inf/device_lists.h"

#include "inf/check/package.h"

namespace inf {

DeviceList device_list(std::string_view value_name) {
  for (const DeviceList list : {DeviceList::of_module, DeviceList::of_mpio}) {
    if (same_name(value_name, name_of(list))) {
      return list;
    }
  }
  return DeviceList::none;
}

const char* name_of(DeviceList list) {
  switch (list) {
    case DeviceList::none:
      return "";
    case DeviceList::of_module:
      return "DsmSupportedDeviceList";
    case DeviceList::of_mpio:
      return "MPIOSupportedDeviceList";
  }
  return "";
}

std::vector<ListedDevice> listed_devices(const Document& document) {
  return listed_devices(Package(document));
}

std::vector<ListedDevice> listed_devices(const Package& package) {
  std::vector<ListedDevice> devices;
  for (const RegistryValue& value : package.registry()) {
    const DeviceList list = device_list(value.name);
    if (list == DeviceList::none) {
      continue;
    }
    for (size_t i = 0; i < value.data.size(); ++i) {
      devices.push_back({list, value.data[i], value.line->place_of(4 + i)});
    }
  }
  return devices;
}

}  // namespace inf
