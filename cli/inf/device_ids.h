// Device IDs as people give them to `dsmkit inf`: vendor and product of INQUIRY.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cli {

inline constexpr size_t kDeviceIdCharacters = 24;

// The vendor padded to 8 characters, the product to 16. False: `error` says which is too long
// or empty.
bool make_device_id(std::string_view vendor, std::string_view product, std::string& id,
                    std::string& error);

// IDs out of a text: the lists of an INF, or one ID in each line, in which the blanks at the end
// may be missing; empty lines and lines that begin with # count for nothing. False: `error` says
// what is no ID, and where.
bool read_device_ids(const std::string& file, std::string_view bytes, std::vector<std::string>& ids,
                     std::string& error);

}  // namespace cli
