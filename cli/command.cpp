// What the commands share; see command.h.
#include "cli/command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "cli/exit_codes.h"

namespace cli {
namespace {

constexpr const char* kFooter =
    "Exit codes: 0 done, 1 the job failed (data lost, a check failed), 2 wrong usage or input,\n"
    "3 something needed cannot be reached. `dsmkit COMMAND --help` explains a command.\n";

std::string usage_message(const CLI::App* app, const CLI::Error& error) {
  std::string what = error.what();
  const std::vector<std::string> words = app->remaining();
  if (!words.empty() && app->get_subcommands().empty()) {
    what = fmt::format("there is no command \"{}\"", words.front());
  }
  return fmt::format("dsmkit: {}\nSee `dsmkit --help`, or `dsmkit COMMAND --help`.\n", what);
}

}  // namespace

void add_commands(CLI::App& app, Invocation& invocation) {
  app.failure_message(usage_message);
  app.require_subcommand(1);
  app.footer(kFooter);
  add_demo_command(app, invocation);
  add_disk_command(app, invocation);
  add_array_command(app, invocation);
  add_discover_command(app, invocation);
  add_show_command(app, invocation);
  add_policy_command(app, invocation);
  add_path_command(app, invocation);
  add_explain_command(app, invocation);
  add_inf_command(app, invocation);
  add_profile_command(app, invocation);
  add_package_command(app, invocation);
  add_catalog_command(app, invocation);
  add_verify_blocks_command(app, invocation);
  add_sim_command(app, invocation);
  add_replay_command(app, invocation);
}

int fail(int code, const std::string& message) {
  std::fflush(stdout);
  fmt::print(stderr, "dsmkit: {}\n", message);
  return code;
}

int fail_no_disk(const std::string& control) {
  return fail(kExitUnavailable, "what answers at " + control +
                                    " is no disk; give the --control socket of a `dsmkit disk`");
}

}  // namespace cli
