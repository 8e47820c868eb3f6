// The installer's command line.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "windows/setup/vendor.h"

namespace setup {

enum class Task : uint8_t { install, uninstall, status, commit, rollback, help };

struct CommandLine {
  Task task = Task::install;
  std::string source;  // the folder that holds the package
  std::string inf;     // its name in there
  std::string hardware_id;
  bool dry_run = false;     // says what would be done
  bool quiet = false;       // prints nothing but what went wrong
  bool no_restart = false;  // adapters stay as they are
  bool pending = false;     // what was done waits for /commit or /rollback; 3010 is told by /commit
  std::string log_file;     // empty: the standard one
};

// Options begin with "/" or "-" and may stand anywhere; their case does not count. Empty: `wrong`
// says what is wrong and what to do.
std::optional<CommandLine> parse_command_line(const std::vector<std::string>& arguments,
                                              std::string& wrong);

std::string usage(const Vendor& vendor);

}  // namespace setup
