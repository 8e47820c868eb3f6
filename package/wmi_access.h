// Who may do what with the driver's own WMI classes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "inf/security_descriptor.h"

namespace package {

// What a class is for, by its MOF (windows/mof/).
enum class WmiAccess : uint8_t {
  part,     // of another class; it is not registered, so nobody can ask for it
  query,    // its data can be read
  set,      // read and set
  execute,  // it has methods
};
WmiAccess access_of(size_t index);  // of profile::kWmiClasses
const char* name_of(WmiAccess access);

// Administrators and LocalSystem may do what the class is for; nobody else may do anything.
inf::SecurityDescriptor descriptor_of(WmiAccess access);

}  // namespace package
