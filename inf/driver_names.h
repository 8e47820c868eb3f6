// What every driver package of a device-specific module must keep to, be it written by hand or made
// of a vendor's profile.
#pragma once

#include <string>
#include <string_view>

namespace inf {

// Microsoft's own modules and its sample; no other module may carry their names, in whatever case
// and between whatever letters. Which of them, in capitals, is in the text; empty: none.
std::string_view reserved_name_in(std::string_view text);

// Four numbers of 0 to 65535, w.x.y.z, as DriverVer and version resources have them.
bool is_driver_version(std::string_view text);

// What a folder may be called after a company or product: what no name of a folder has becomes "-".
std::string folder_name(std::string text);

}  // namespace inf
