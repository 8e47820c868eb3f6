// What holds of a LUN after every event, whatever has happened: its plan, what is published of it,
// its operations and its access-state work agree with each other.
#pragma once

#include "dsm/objects.h"

namespace dsm::testing {

// Fails the test where something does not agree.
void expect_consistent(Lun& lun);

// No command is counted and no load is left, on any lane.
void expect_nothing_counted(const Lun& lun);

}  // namespace dsm::testing
