// The schedule of faults of a running `dsmkit array --schedule FILE`.
#pragma once

#include <memory>
#include <string>

#include "array/schedule.h"

namespace cli {

// Reads and checks the file. Null with `error` and the exit code that belongs to it when it cannot
// be read or is no schedule for this array. What happens is printed on standard output.
std::unique_ptr<array::ScheduleRunner> open_schedule(const std::string& file, array::Array& array,
                                                     int& exit_code, std::string& error);

}  // namespace cli
