// What every driver package of a device-specific module must keep to, be it written by hand or made
// of a vendor's profile.
#pragma once

#include <array>
#include <string_view>

namespace inf {

// Microsoft's own modules and its sample, in capitals; no other module may carry their names.
inline constexpr std::array<std::string_view, 4> kReservedNames = {"GENDSM", "MSISCDSM", "MSDSM",
                                                                   "SAMPLEDSM"};

// Four numbers of 0 to 65535, w.x.y.z, as DriverVer and version resources have them.
bool is_driver_version(std::string_view text);

}  // namespace inf
