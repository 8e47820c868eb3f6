// The two marks of a path, in the registry and in MPIO's classes: primary and optimized together
// say what is desired of it.
#pragma once

#include "dsm/types.h"

namespace driver {

constexpr dsm::Desire desire_of(bool primary, bool optimized) {
  return primary     ? optimized ? dsm::Desire::active_optimized : dsm::Desire::active_nonoptimized
         : optimized ? dsm::Desire::standby
                     : dsm::Desire::unavailable;
}

constexpr bool is_primary(dsm::Desire desire) {
  return desire == dsm::Desire::active_optimized || desire == dsm::Desire::active_nonoptimized;
}
constexpr bool is_optimized(dsm::Desire desire) {
  return desire == dsm::Desire::active_optimized || desire == dsm::Desire::standby;
}

}  // namespace driver
