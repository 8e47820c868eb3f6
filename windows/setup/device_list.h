// MPIOSupportedDeviceList, which all vendors share: the devices that MPIO looks at. Entries are
// added and taken away one by one; the bytes of the others stay as they are, whatever they are.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "windows/setup/system.h"

namespace setup {

inline constexpr const char* kMpioKey = "SYSTEM\\CurrentControlSet\\Control\\MPDEV";
inline constexpr const char* kMpioList = "MPIOSupportedDeviceList";

// What the list has, as readers see it: up to the first empty text. Characters beyond 7 bits are
// those of no entry of ours.
std::vector<std::u16string> entries_of(const RegistryValue& value);

// REG_MULTI_SZ of texts, and back.
RegistryValue multi_string(const std::vector<std::string>& utf8);
std::vector<std::string> strings_of(const RegistryValue& value);

// Entries are the same when every character is: one that differs in case or in trailing blanks is
// another vendor's.
bool has_entry(const RegistryValue& list, std::string_view entry);
RegistryValue with_entry(const RegistryValue& list, std::string_view entry);
RegistryValue without_entry(const RegistryValue& list, std::string_view entry);

}  // namespace setup
