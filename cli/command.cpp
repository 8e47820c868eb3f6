// What the commands share; see command.h.
#include "cli/command.h"

#include <fmt/format.h>

#include <cstdio>

namespace cli {

int fail(int code, const std::string& message) {
  std::fflush(stdout);
  fmt::print(stderr, "dsmkit: {}\n", message);
  return code;
}

}  // namespace cli
