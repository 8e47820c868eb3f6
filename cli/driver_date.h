// The date that what is made of a driver gets: the INF's DriverVer, and all that must be the same
// when it is made again.
#pragma once

#include <string>

#include "inf/date.h"

namespace cli {

// What `option` says (MM/DD/YYYY or YYYY-MM-DD); if it is empty, the day of the environment's
// SOURCE_DATE_EPOCH (seconds since 1970, as reproducible builds have it); without that, today. Days
// are those of UTC. False: `error` says what is wrong.
bool driver_date(const std::string& option, inf::Date& date, std::string& error);

}  // namespace cli
