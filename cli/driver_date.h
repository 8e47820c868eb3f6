// The date that what is made of a driver gets: the INF's DriverVer, and all that must be the same
// when it is made again.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "inf/date.h"

namespace cli {

struct DriverDate {
  inf::Date date;
  bool is_given = false;  // not just today: what is made with it is the same on every day
};

// Adds --date; what it says goes to `text`, which must stay while the command is read.
void add_driver_date_option(CLI::App& command, std::string& text);

// What `option` says (MM/DD/YYYY or YYYY-MM-DD); if it is empty, the day of the environment's
// SOURCE_DATE_EPOCH (seconds since 1970, as reproducible builds have it); without that, today. Days
// are those of UTC. False: `error` says what is wrong.
bool driver_date(const std::string& option, DriverDate& out, std::string& error);

}  // namespace cli
