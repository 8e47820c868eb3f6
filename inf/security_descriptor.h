// Self-relative security descriptors (MS-DTYP 2.4.6), as the registry keeps them for WMI classes:
// who may query, set, execute.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace inf {

// Rights of a WMI class (wmistr.h).
inline constexpr uint32_t kWmiQuery = 0x0001;
inline constexpr uint32_t kWmiSet = 0x0002;
inline constexpr uint32_t kWmiExecute = 0x0010;
inline constexpr uint32_t kWmiAllAccess = 0x00120fff;

struct AccessRule {
  bool allows = true;  // else it denies
  uint32_t rights = 0;
  std::string who;  // "S-1-5-32-544"
};

struct SecurityDescriptor {
  std::string owner;  // a SID, or empty
  std::string group;
  bool has_rules = false;  // without a list everybody may do everything
  std::vector<AccessRule> rules;
};

// Any bytes: a descriptor, or what is wrong with them.
std::optional<SecurityDescriptor> parse_descriptor(std::span<const uint8_t> bytes,
                                                   std::string& wrong);

// The bytes of one; the other way.
std::vector<uint8_t> bytes_of(const SecurityDescriptor& descriptor);

// Security descriptor definition language (MS-DTYP 2.5.1), as far as owner, group and a list of
// plain rules go. Writing gives "O:BAG:BAD:(A;;0x12001f;;;BA)".
std::optional<SecurityDescriptor> parse_sddl(std::string_view text, std::string& wrong);
std::string sddl_of(const SecurityDescriptor& descriptor);

// "Administrators" for S-1-5-32-544; the SID itself where nobody knows it.
std::string account_name(std::string_view sid);
// Everybody, or everybody who has logged in.
bool is_everybody(std::string_view sid);

}  // namespace inf
