// Other programs that a command runs, as compilers and osslsigncode.
#pragma once

#include <string>
#include <vector>

namespace cli {

struct ToolRun {
  int code = -1;       // exit code, 128 + the signal that ended it, or 127: it could not be started
  std::string output;  // standard output and error; or why it could not be started

  bool good() const { return code == 0; }
};

// Runs command[0] (looked up in PATH) to its end, with nothing for standard input. `folder`: where
// it runs; "": here.
ToolRun run_tool(const std::vector<std::string>& command, const std::string& folder = "");

// The program is in PATH.
bool has_tool(const std::string& name);

}  // namespace cli
