// The dsmkit command: parses, runs the one command that was asked for, turns failures into one
// message and an exit code.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>

#include "cli/command.h"
#include "cli/exit_codes.h"

int main(int argc, char** argv) {
  // A peer that closes early is an error value of write(), not the end of this process.
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app{"dsmkit: multipath storage - an array to test against, a multipath disk, and tools",
               "dsmkit"};
  app.set_version_flag("--version", DSMKIT_VERSION);
  cli::Invocation invocation;
  cli::add_commands(app, invocation);
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
