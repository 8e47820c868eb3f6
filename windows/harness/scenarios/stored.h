// What is stored, and what comes of it when devices arrive.
#pragma once

#include "windows/harness/administrator.h"

namespace harness {

// The keys of the paths of the only LUN that something is stored for.
std::vector<std::u16string> path_keys();
// The driver is loaded, two devices arrive: the policy of their LUN then. It is unloaded again.
ULONG policy_at_arrival(Scene& scene);

}  // namespace harness
