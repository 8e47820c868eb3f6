// The command line of ntrun.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/runner.h"
#include "windows/harness/world/windows_host.h"

namespace harness {

struct CommandLine {
  enum class Task : uint8_t { scenarios, seeds, one_seed, bench, list, help };
  Task task = Task::scenarios;
  std::string driver;    // the image's file; none for list and help
  std::string scenario;  // empty: all of them
  std::string record;    // where its trace goes; empty: nowhere
  std::string policy;    // bench; empty: all of them
  sim::RunnerOptions many;
  sim::SeedOptions one;
  Breach breach = Breach::none;
};

// `words`: without the program's name. Nothing: `wrong` names what is wrong and what to do.
std::optional<CommandLine> parse_command_line(const std::vector<std::string_view>& words,
                                              std::string& wrong);

const char* usage();

}  // namespace harness
