// Whose installer this file is: tools/windows_setup.py writes the answer.
#pragma once

#include "windows/setup/vendor.h"

namespace setup {

const Vendor& this_vendor();

}  // namespace setup
