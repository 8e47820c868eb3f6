// dsmkit disk --path PATH ... --nbd ADDRESS --iscsi HOST:PORT ...   serves a multipath disk
// dsmkit disk policy --control SOCKET NAME        the load-balance policy, for this run
// dsmkit disk longest --control SOCKET [--json]   its slowest request since this was last asked
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <utility>

#include "cli/command.h"
#include "cli/disk_administration.h"
#include "cli/disk_options.h"
#include "cli/disk_request.h"
#include "cli/disk_serving.h"
#include "cli/exit_codes.h"
#include "cli/profile_file.h"
#include "cli/profile_settings.h"
#include "cli/settings/settings_store.h"
#include "cli/trace_file.h"

namespace cli {
namespace {

// The command line first, what it does not say from the profile.
bool take_profile(const Given& given, DiskOptions& options, int& exit_code) {
  if (options.profile_file.empty()) {
    return true;
  }
  options.profile = load_profile(options.profile_file, exit_code);
  if (options.profile != nullptr) {
    apply(*options.profile, given, options.service.disk);
  }
  return options.profile != nullptr;
}

int serve(DiskOptions& options, const Given& given) {
  if ((options.paths.empty() && options.discover.empty()) ||
      (options.nbd.empty() && options.iscsi.empty())) {
    return fail(
        kExitUsage,
        "a disk needs at least one --path or --discover iscsi://host:port/IQN/LUN, or --path "
        "sg:/dev/sgN, and --nbd unix:SOCKET or tcp:HOST:PORT, or --iscsi HOST:PORT; `dsmkit "
        "discover HOST` and `lsscsi -g` list paths");
  }
  std::string error;
  int exit_code = kExitOk;
  if (!to_config(options, error)) {
    return fail(kExitUsage, error);
  }
  if (!take_profile(given, options, exit_code)) {
    return exit_code;
  }
  SettingsStore::Loaded stored = SettingsStore(options.settings).load();
  if (!stored.problem.empty()) {
    static_cast<void>(fail(kExitOk, stored.problem));  // and go on without
  }
  options.service.disk.settings = std::move(stored.settings);
  TraceFile trace;
  if (!options.record.empty()) {
    if (error = trace.open(options.record); !error.empty()) {
      return fail(kExitUnavailable, error);
    }
    options.service.disk.trace = trace.sink();
  }
  exit_code = run_disk(options);
  error = trace.close();  // nobody writes any more
  return error.empty() ? exit_code : fail(kExitFailed, error);
}

int set_policy(const std::string& control, const std::string& name) {
  nlohmann::json answer;
  return ask_disk(control, {"policy", {name}}, answer, kChangeTimeoutMs);
}

int print_longest(const std::string& control, bool as_json) {
  nlohmann::json answer;
  if (const int code = ask_disk(control, {"longest", {}}, answer); code != kExitOk) {
    return code;
  }
  answer.erase("ok");
  for (const char* key : {"request_us", "held_write_us"}) {
    if (!answer.contains(key) || !answer[key].is_number()) {
      return fail_no_disk(control);
    }
  }
  if (as_json) {
    fmt::print("{}\n", answer.dump());
  } else {
    const auto ms = [&answer](const char* key) { return answer[key].get<double>() / 1000; };
    fmt::print("slowest request {:.1f} ms; slowest write held by the late-write rule {:.1f} ms\n",
               ms("request_us"), ms("held_write_us"));
  }
  return kExitOk;
}

}  // namespace

void add_disk_command(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "disk", "Serve one LUN behind several paths as one disk over NBD or iSCSI");
  auto options = std::make_shared<DiskOptions>();
  add_disk_options(*command, *options);

  auto control = std::make_shared<std::string>();
  auto name = std::make_shared<std::string>();
  CLI::App* policy =
      command->add_subcommand("policy", "Change the policy of a running disk, for this run");
  policy->add_option("--control", *control, "The disk's control socket")->required();
  policy->add_option("name", *name, policy_names())->required();
  policy->callback([&invocation, control, name] {
    invocation.run = [control, name] { return set_policy(*control, *name); };
  });
  auto as_json = std::make_shared<bool>(false);
  CLI::App* longest = command->add_subcommand(
      "longest", "The slowest request of a running disk since this was last asked");
  longest->add_option("--control", *control, "The disk's control socket")->required();
  longest->add_flag("--json", *as_json, "For programs");
  longest->callback([&invocation, control, as_json] {
    invocation.run = [control, as_json] { return print_longest(*control, *as_json); };
  });
  command->callback([&invocation, command, options] {
    if (command->get_subcommands().empty()) {
      const Given given = [command](const std::string& option) {
        return command->get_option_no_throw(option) != nullptr && command->count(option) != 0;
      };
      invocation.run = [options, given] { return serve(*options, given); };
    }
  });
}

}  // namespace cli
