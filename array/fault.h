// Faults by name, as the command line, a schedule (schedule.h) and tests call them:
// `controller-crash 0`, `delay 2 50` ... A fault is one row and one function in a file of
// array/faults/.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "array/array.h"

namespace array {

struct FaultDescription {
  const char* name;
  const char* arguments;  // "CONTROLLER", "PORT MS", ...
  const char* meaning;
};
// The table that `dsmkit array fault --list` prints.
std::span<const FaultDescription> all_faults();

// Parses and applies. The result is true, or `error` says which word is wrong and what it should
// be, or why the array cannot do it now.
bool apply_fault(Array& array, std::string_view name, std::span<const std::string> arguments,
                 std::string& error);
// The same words, only checked: nothing happens.
bool check_fault(Array& array, std::string_view name, std::span<const std::string> arguments,
                 std::string& error);

}  // namespace array
