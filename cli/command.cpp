// What the commands share; see command.h.
#include "cli/command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>

namespace cli {
namespace {

constexpr const char* kFooter =
    "Exit codes: 0 done, 1 the job failed (data lost, a check failed), 2 wrong usage or input,\n"
    "3 something needed cannot be reached. `dsmkit COMMAND --help` explains a command.\n";

}  // namespace

void add_commands(CLI::App& app, Invocation& invocation) {
  app.require_subcommand(1);
  app.footer(kFooter);
  add_demo_command(app, invocation);
  add_disk_command(app, invocation);
  add_array_command(app, invocation);
  add_discover_command(app, invocation);
  add_show_command(app, invocation);
  add_explain_command(app, invocation);
  add_verify_blocks_command(app, invocation);
  add_sim_command(app, invocation);
}

int fail(int code, const std::string& message) {
  std::fflush(stdout);
  fmt::print(stderr, "dsmkit: {}\n", message);
  return code;
}

}  // namespace cli
