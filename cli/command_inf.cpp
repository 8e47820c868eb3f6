// dsmkit inf: INF files of Windows drivers, made, judged and asked (inf/verbs.h).
#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/inf/verbs.h"

namespace cli {

void add_inf_command(CLI::App& app, Invocation& invocation) {
  CLI::App* command =
      app.add_subcommand("inf", "Make and judge the INF of a Windows driver package");
  command->require_subcommand(1);
  add_inf_new(*command, invocation);
  add_inf_check(*command, invocation);
  add_inf_match(*command, invocation);
  add_inf_compact(*command, invocation);
}

}  // namespace cli
