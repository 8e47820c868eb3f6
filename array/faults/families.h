// The faults by family, one file each. A family is a list of rows: what a fault is called, what it
// takes, what it does, and the function that does it.
#pragma once

#include <span>

#include "array/fault.h"
#include "array/fault_arguments.h"

namespace array::faults {

struct Row {
  FaultDescription description;
  void (*apply)(Array&, FaultArguments&);
};

std::span<const Row> of_controllers();  // crash, freeze
std::span<const Row> of_ports();        // down, reset, black holes
std::span<const Row> of_tasks();        // slow, busy, unanswered, with sense
std::span<const Row> of_access();       // access states, SET TARGET PORT GROUPS
std::span<const Row> of_units();        // what changes about a LUN
std::span<const Row> of_answers();      // RTPG, VPD pages and sense data that lie

}  // namespace array::faults
