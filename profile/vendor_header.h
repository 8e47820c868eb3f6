// What a profile decides, as C++ for the Windows driver: windows/driver/vendor.h. It is built into
// the driver because there is nobody in a kernel who could read a profile.
#pragma once

#include <string>

#include "profile/profile.h"

namespace profile {

// Constant tables in the DSM's own types, and `configure()`, which gives a dsm::Config what apply()
// gives it here. Nothing in it runs before the driver does.
std::string vendor_header(const Profile& profile);

// Does the Windows driver go by this number? Those of the disk in user space alone have something
// else in their place on Windows: MPIO, the class driver and the port driver have settings of their
// own.
bool reaches_driver(Number number);

}  // namespace profile
