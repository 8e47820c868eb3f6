// dsmkit policy get|set|clear --control SOCKET ...: the load-balance policy of a running disk, of
// its make of device or of everything, now and after restarts.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "cli/command.h"
#include "cli/disk_administration.h"
#include "cli/disk_request.h"
#include "cli/exit_codes.h"

namespace cli {
namespace {

using nlohmann::json;

struct PolicyOptions {
  std::string control;
  std::string hardware_id;
  bool lun = false;
  bool all = false;
  std::string policy;
  std::string preferred;
  bool as_json = false;
  const CLI::Option* hardware_option = nullptr;

  std::string scope() const {
    return all ? "all" : hardware_option->count() != 0 ? "hardware-id" : "lun";
  }
};

std::string text_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "?";
}

std::string level_text(const json& level) {
  if (!level.is_object()) {
    return "-";
  }
  std::string text = text_of(level, "policy");
  if (level.contains("preferred")) {
    text += ", preferred " + text_of(level, "preferred");
  }
  return text;
}

std::string in_force(const json& answer) {
  return fmt::format("{} ({})", text_of(answer, "policy"), text_of(answer, "origin"));
}

int get(const PolicyOptions& options) {
  json answer;
  if (const int code = ask_disk(options.control, {"policy-get", {}}, answer); code != kExitOk) {
    return code;
  }
  answer.erase("ok");
  const auto levels = answer.find("levels");
  if (levels == answer.end() || !levels->is_object()) {
    return fail_no_disk(options.control);
  }
  if (options.as_json) {
    fmt::print("{}\n", answer.dump(2));
    return kExitOk;
  }
  fmt::print("in force     {}\n\n", in_force(answer));
  fmt::print("this run     {}\n", level_text(levels->value("run", json())));
  fmt::print("LUN          {}\n", level_text(levels->value("lun", json())));
  const json hardware = levels->value("hardware", json::object());
  if (!hardware.is_object() || hardware.empty()) {
    fmt::print("hardware id  -\n");
  } else {
    for (const auto& [id, level] : hardware.items()) {
      fmt::print("hardware id  \"{}\": {}\n", id, level_text(level));
    }
  }
  fmt::print("DSM-wide     {}\n", level_text(levels->value("everything", json())));
  fmt::print("stored in    {}\n", text_of(answer, "file"));
  return kExitOk;
}

int change(const PolicyOptions& options, const io::ControlRequest& request) {
  json answer;
  if (const int code = ask_disk(options.control, request, answer, kChangeTimeoutMs);
      code != kExitOk) {
    return code;
  }
  fmt::print("in force: {}\n", in_force(answer));
  return kExitOk;
}

void add_scope(CLI::App& command, PolicyOptions& options) {
  CLI::Option* lun = command.add_flag("--lun", options.lun, "For this LUN (the default)");
  CLI::Option* hardware = command.add_option(
      "--hardware-id", options.hardware_id,
      "For all LUNs of this vendor (8 characters, filled up with blanks) and product");
  CLI::Option* all = command.add_flag("--all", options.all, "For all LUNs (DSM-wide)");
  lun->excludes(hardware)->excludes(all);
  hardware->excludes(all);
  options.hardware_option = hardware;
}

CLI::App* add_verb(CLI::App& command, const char* name, const char* help, PolicyOptions& options) {
  CLI::App* verb = command.add_subcommand(name, help);
  verb->add_option("--control", options.control, "The disk's control socket")->required();
  return verb;
}

}  // namespace

void add_policy_command(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "policy", "The load-balance policy of a running disk, remembered over restarts");
  command->require_subcommand(1);

  auto for_get = std::make_shared<PolicyOptions>();
  CLI::App* get_verb = add_verb(*command, "get", "What is in force, and who says so", *for_get);
  get_verb->add_flag("--json", for_get->as_json, "Print JSON");
  get_verb->callback(
      [&invocation, for_get] { invocation.run = [for_get] { return get(*for_get); }; });

  auto for_set = std::make_shared<PolicyOptions>();
  CLI::App* set_verb = add_verb(*command, "set", "Set it, now and for the time to come", *for_set);
  set_verb->add_option("name", for_set->policy, policy_names())->required();
  add_scope(*set_verb, *for_set);
  set_verb->add_option("--preferred", for_set->preferred,
                       "For fail-over-only: the path (number, or beginning of its name) that takes "
                       "over whenever it is well");
  set_verb->callback([&invocation, for_set] {
    invocation.run = [for_set] {
      return change(*for_set, {"policy-set",
                               {for_set->scope(), for_set->hardware_id, for_set->policy,
                                for_set->preferred}});
    };
  });

  auto for_clear = std::make_shared<PolicyOptions>();
  CLI::App* clear_verb =
      add_verb(*command, "clear", "Unset it: then the next level holds", *for_clear);
  add_scope(*clear_verb, *for_clear);
  clear_verb->callback([&invocation, for_clear] {
    invocation.run = [for_clear] {
      return change(*for_clear, {"policy-clear", {for_clear->scope(), for_clear->hardware_id}});
    };
  });
}

}  // namespace cli
