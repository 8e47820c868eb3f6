// dsmkit show --control SOCKET [--json]: the state of a running disk.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "cli/command.h"
#include "cli/disk_request.h"
#include "cli/exit_codes.h"
#include "cli/show_text.h"

namespace cli {
namespace {

int show(const std::string& control, bool as_json) {
  nlohmann::json answer;
  if (const int code = ask_disk(control, {"show", {}}, answer); code != kExitOk) {
    return code;
  }
  answer.erase("ok");
  const nlohmann::ordered_json document = answer;
  if (!is_disk_state(document)) {
    return fail_no_disk(control);
  }
  fmt::print("{}", as_json ? document.dump(2) + "\n" : show_text(document));
  return kExitOk;
}

}  // namespace

void add_show_command(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("show", "Show a running disk: its LUN and its paths");
  auto control = std::make_shared<std::string>();
  auto as_json = std::make_shared<bool>(false);
  command->add_option("--control", *control, "The disk's control socket")->required();
  command->add_flag("--json", *as_json, "Print JSON");
  command->callback([&invocation, control, as_json] {
    invocation.run = [control, as_json] { return show(*control, *as_json); };
  });
}

}  // namespace cli
