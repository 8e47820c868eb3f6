// How the commands of `dsmkit` plug together: each adds its options to the parser and, when it is
// the one that was typed, leaves what to run in Invocation.
#pragma once

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace cli {

struct Invocation {
  std::function<int()> run;  // returns the exit code (exit_codes.h)
};

void add_array_command(CLI::App& app, Invocation& invocation);
void add_catalog_command(CLI::App& app, Invocation& invocation);
void add_demo_command(CLI::App& app, Invocation& invocation);
void add_discover_command(CLI::App& app, Invocation& invocation);
void add_disk_command(CLI::App& app, Invocation& invocation);
void add_explain_command(CLI::App& app, Invocation& invocation);
void add_inf_command(CLI::App& app, Invocation& invocation);
void add_package_command(CLI::App& app, Invocation& invocation);
void add_path_command(CLI::App& app, Invocation& invocation);
void add_policy_command(CLI::App& app, Invocation& invocation);
void add_profile_command(CLI::App& app, Invocation& invocation);
void add_replay_command(CLI::App& app, Invocation& invocation);
void add_show_command(CLI::App& app, Invocation& invocation);
void add_sim_command(CLI::App& app, Invocation& invocation);
void add_verify_blocks_command(CLI::App& app, Invocation& invocation);

// All of them, of which exactly one must be typed, and the footer of --help.
void add_commands(CLI::App& app, Invocation& invocation);

// Prints "dsmkit: MESSAGE" on standard error and returns `code`, so that a command can `return
// fail(...)`.
int fail(int code, const std::string& message);

// The same for a control socket whose answer does not have the shape of a disk's.
int fail_no_disk(const std::string& control);

}  // namespace cli
