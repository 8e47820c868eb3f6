// Who a vendor's driver is: all its names and GUIDs. Most of them are made of [names], so that the
// DSMs of two vendors, or two of one vendor, live side by side on one machine.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "profile/guid.h"
#include "profile/profile.h"

namespace profile {

// The GUID of X is that of the name "VENDOR/X" in this namespace: of a class by its whole name, of
// the trace provider by its name.
inline constexpr Guid kGuidNamespace = {0xb6, 0x8a, 0x78, 0x17, 0x70, 0xd1, 0x42, 0xbc,
                                        0x93, 0x23, 0x28, 0x12, 0x01, 0xc3, 0x6a, 0x63};

struct Identity {
  std::string vendor;
  std::string product;
  std::string company;  // the provider of the driver package too
  std::string service;
  std::string binary;
  std::string display_name;
  std::array<uint16_t, 4> version{};
  std::string class_prefix;  // of the WMI classes, without the underscore behind it
  std::string trace_provider;
  Guid trace_guid{};
  std::array<Guid, kWmiClassCount> class_guids{};  // of kWmiClasses

  // Of the device that the installer makes for the driver.
  std::string hardware_id() const { return "Root\\" + service; }
  std::string class_name(size_t index) const {
    return class_prefix + "_" + std::string(kWmiClasses[index]);
  }
};

// The key of [driver] for the GUID of kWmiClasses[index]: "guid_device_perf".
std::string guid_key(size_t index);

Identity identity_of(const Profile& profile);

// windows/driver/identity.h for this driver.
std::string identity_header(const Identity& identity);

}  // namespace profile
