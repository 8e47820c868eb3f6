#include "package/wmi_access.h"

#include <array>

#include "base/assert.h"
#include "profile/profile.h"

namespace package {
namespace {

// Beside what a class is for: being told of events, and reading what it is and who may use it.
constexpr uint32_t kNotification = 0x0004;
constexpr uint32_t kReadDescription = 0x0008;
constexpr uint32_t kReadControl = 0x00020000;
constexpr uint32_t kSynchronize = 0x00100000;

uint32_t rights_of(WmiAccess access) {
  const uint32_t reading =
      inf::kWmiQuery | kNotification | kReadDescription | kReadControl | kSynchronize;
  switch (access) {
    case WmiAccess::part:
      return 0;
    case WmiAccess::query:
      return reading;
    case WmiAccess::set:
      return reading | inf::kWmiSet;
    case WmiAccess::execute:
      // With the right to set, as Microsoft's sample gives it for a class of methods.
      return reading | inf::kWmiSet | inf::kWmiExecute;
  }
  return 0;
}

}  // namespace

WmiAccess access_of(size_t index) {
  using enum WmiAccess;
  constexpr std::array<WmiAccess, profile::kWmiClassCount> kAccess = {
      query,    // DEVICE_PERF
      part,     // DEVICEPATH_PERF
      query,    // DEVICE_HEALTH
      part,     // DEVICEPATH_HEALTH
      execute,  // WMI_METHODS
      query,    // SUPPORTED_DEVICES_LIST
      set,      // TARGETS_DEFAULT_LOAD_BALANCE_POLICY
      part,     // TARGET_DEFAULT_POLICY_INFO
      set,      // DEFAULT_LOAD_BALANCE_POLICY
  };
  BASE_ASSERT(index < kAccess.size());
  return kAccess[index];
}

const char* name_of(WmiAccess access) {
  switch (access) {
    case WmiAccess::part:
      return "part";
    case WmiAccess::query:
      return "query";
    case WmiAccess::set:
      return "query and set";
    case WmiAccess::execute:
      return "query, set and execute";
  }
  return "";
}

inf::SecurityDescriptor descriptor_of(WmiAccess access) {
  constexpr const char* kAdministrators = "S-1-5-32-544";
  constexpr const char* kLocalSystem = "S-1-5-18";
  const uint32_t rights = rights_of(access);
  return {kAdministrators,
          kAdministrators,
          true,
          {{true, rights, kAdministrators}, {true, rights, kLocalSystem}}};
}

}  // namespace package
