// GUIDs: as people write them, and those that are made of a name (RFC 9562, version 5), so that the
// same name gives the same everywhere and different names give different ones.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace profile {

// In the order in which it is written.
using Guid = std::array<uint8_t, 16>;

// "b68a7817-70d1-42bc-9323-281201c36a63".
std::string guid_text(const Guid& guid);
// With or without braces, in letters of any case. Empty: it is none.
std::optional<Guid> parse_guid(std::string_view text);

Guid guid_of_name(const Guid& name_space, std::string_view name);

}  // namespace profile
