// The dsmkit command: parses, runs the one command that was asked for, turns failures into one
// message and an exit code.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>

#include "cli/command.h"
#include "cli/exit_codes.h"

namespace {

constexpr const char* kFooter =
    "Exit codes: 0 done, 1 the job failed (data lost, a check failed), 2 wrong usage or input,\n"
    "3 something needed cannot be reached. `dsmkit COMMAND --help` explains a command.\n";

}  // namespace

int main(int argc, char** argv) {
  // A peer that closes early is an error value of write(), not the end of this process.
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app{"dsmkit: multipath storage - an array to test against, a multipath disk, and tools",
               "dsmkit"};
  app.require_subcommand(1);
  app.set_version_flag("--version", DSMKIT_VERSION);
  app.footer(kFooter);
  cli::Invocation invocation;
  cli::add_demo_command(app, invocation);
  cli::add_disk_command(app, invocation);
  cli::add_array_command(app, invocation);
  cli::add_discover_command(app, invocation);
  cli::add_show_command(app, invocation);
  cli::add_explain_command(app, invocation);
  cli::add_verify_blocks_command(app, invocation);
  cli::add_sim_command(app, invocation);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const bool asked = error.get_exit_code() == 0;  // --help, --version
    app.exit(error);
    return asked ? cli::kExitOk : cli::kExitUsage;
  }
  try {
    return invocation.run();
  } catch (const std::exception& error) {
    return cli::fail(cli::kExitFailed, fmt::format("unexpected failure: {}", error.what()));
  }
}
