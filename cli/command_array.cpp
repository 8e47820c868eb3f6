// dsmkit array --listen HOST:PORT ... [--profile FILE] [--schedule FILE]   serves the array
// dsmkit array fault --control SOCKET NAME [ARGS] | --list                 has it misbehave
#include <fmt/format.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "array/array.h"
#include "array/fault.h"
#include "cli/array_lun_option.h"
#include "cli/array_options.h"
#include "cli/array_schedule.h"
#include "cli/array_status.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/profile_file.h"
#include "cli/profile_settings.h"
#include "cli/size_text.h"
#include "io/control_socket.h"
#include "io/event_loop.h"
#include "io/iscsi/array_device.h"
#include "io/iscsi_target.h"

namespace cli {
namespace {

struct FaultOptions {
  std::string control;
  std::string name;
  std::vector<std::string> arguments;
  bool list = false;
};

nlohmann::json handle_request(array::Array& array, const io::IscsiTarget& target,
                              const io::ControlRequest& request) {
  if (request.command == "fault") {
    if (request.arguments.empty()) {
      return io::control_error("the name of the fault is missing");
    }
    std::string error;
    const auto arguments = std::span(request.arguments).subspan(1);
    if (!array::apply_fault(array, request.arguments[0], arguments, error)) {
      return io::control_error(error);
    }
    return {{"ok", true}};
  }
  if (request.command == "status") {
    return {{"ok", true},
            {"connections", target.connection_count()},
            {"header_digests", target.digest_count(&io::iscsi::Digests::header)},
            {"data_digests", target.digest_count(&io::iscsi::Digests::data)},
            {"nexuses", array.nexus_count()},
            {"tasks", array.task_count()},
            {"reservations", reservations_json(array)}};
  }
  return io::control_error("an array knows the commands fault and status, not \"" +
                           request.command + "\"");
}

void print_shape(const array::Array& array, const io::IscsiTarget& target,
                 const array::Config& config) {
  fmt::print("target {}\n", config.target_name);
  for (unsigned port = 0; port < config.ports.size(); ++port) {
    fmt::print("portal {} controller {} group {}\n", target.portal_text(port),
               config.ports[port].controller, array.group_of_port(port));
  }
  for (size_t lun = 0; lun < config.luns.size(); ++lun) {
    const array::LunConfig& entry = config.luns[lun];
    fmt::print(
        "LUN {} {}{}\n", lun,
        entry.file.empty() ? format_size(entry.size_bytes) + " of memory" : "file " + entry.file,
        traits_text(entry));
  }
  fmt::print("ready\n");
  std::fflush(stdout);
}

// As many descriptors as we may have: an array with many initiators must not run out of them first.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    static_cast<void>(setrlimit(RLIMIT_NOFILE, &limit));
  }
}

int serve(ArrayOptions& options, const Given& given, const std::string& profile_file,
          const std::string& schedule_file) {
  if (!profile_file.empty()) {
    int exit_code = kExitOk;
    const auto profile = load_profile(profile_file, exit_code);
    if (profile == nullptr) {
      return exit_code;
    }
    apply(*profile, given, options);
  }
  array::Config config;
  io::IscsiTarget::Settings settings;
  std::string error;
  if (!to_config(options, config, settings, error)) {
    return fail(kExitUsage, error);
  }
  raise_descriptor_limit();
  settings.log = [](const std::string& line) { fmt::print(stderr, "dsmkit: {}\n", line); };
  io::EventLoop loop;
  loop.on_signal(SIGTERM, [&loop] { loop.stop(); });
  loop.on_signal(SIGINT, [&loop] { loop.stop(); });
  const auto array = array::Array::create(config, loop, error);
  if (!array) {
    return fail(kExitUnavailable, error);
  }
  for (size_t lun = 0; lun < array->lun_count(); ++lun) {
    if (const std::string& notice = array->lun(lun).notice(); !notice.empty()) {
      settings.log(notice);
    }
  }
  std::unique_ptr<array::ScheduleRunner> schedule;
  if (!schedule_file.empty()) {
    int exit_code = kExitOk;
    schedule = open_schedule(schedule_file, *array, exit_code, error);
    if (!schedule) {
      return fail(exit_code, error);
    }
  }
  io::iscsi::ArrayDevice device(*array);
  const auto target = io::IscsiTarget::open(loop, device, std::move(settings), error);
  if (!target) {
    return fail(kExitUnavailable, error);
  }
  std::unique_ptr<io::ControlSocket> control;
  if (!options.control.empty()) {
    control = io::ControlSocket::open(
        loop, options.control,
        [&](const io::ControlRequest& request) { return handle_request(*array, *target, request); },
        error);
    if (!control) {
      return fail(kExitUnavailable, error);
    }
  }
  print_shape(*array, *target, config);
  if (schedule) {
    schedule->start();
  }
  loop.run();
  return kExitOk;
}

int list_faults() {
  for (const array::FaultDescription& fault : array::all_faults()) {
    fmt::print("{:<46} {}\n", fmt::format("{} {}", fault.name, fault.arguments), fault.meaning);
  }
  return kExitOk;
}

int request_fault(const FaultOptions& options) {
  if (options.list) {
    return list_faults();
  }
  if (options.control.empty() || options.name.empty()) {
    return fail(
        kExitUsage,
        "array fault needs --control SOCKET and the name of a fault; --list shows all faults");
  }
  io::ControlRequest request{"fault", {options.name}};
  request.arguments.insert(request.arguments.end(), options.arguments.begin(),
                           options.arguments.end());
  nlohmann::json answer;
  std::string error;
  if (!io::control_request(options.control, request, answer, error)) {
    return fail(kExitUnavailable, error);
  }
  if (answer.contains("error")) {
    return fail(kExitUsage, answer["error"].get<std::string>());
  }
  return kExitOk;
}

}  // namespace

void add_array_command(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "array", "Serve an embedded storage array over iSCSI, with ALUA and faults");
  auto options = std::make_shared<ArrayOptions>();
  add_array_options(*command, *options);
  auto schedule = std::make_shared<std::string>();
  command->add_option("--schedule", *schedule, "Faults by the clock, from the moment it is ready")
      ->type_name("FILE");

  auto profile = std::make_shared<std::string>();
  command
      ->add_option(
          "--profile", *profile,
          "Play the array of a vendor's profile (docs/profiles.md); options given here win")
      ->type_name("FILE");

  auto fault_options = std::make_shared<FaultOptions>();
  CLI::App* fault = command->add_subcommand("fault", "Make a running array misbehave");
  fault->add_option("--control", fault_options->control, "The array's control socket");
  fault->add_flag("--list", fault_options->list, "List all faults");
  fault->add_option("name", fault_options->name, "Name of the fault");
  fault->add_option("arguments", fault_options->arguments, "Its arguments");

  fault->callback([&invocation, fault_options] {
    invocation.run = [fault_options] { return request_fault(*fault_options); };
  });
  command->callback([&invocation, command, fault, options, profile, schedule] {
    if (!command->got_subcommand(fault)) {
      const Given given = [command](const std::string& option) {
        return command->count(option) != 0;
      };
      invocation.run = [options, given, profile, schedule] {
        return serve(*options, given, *profile, *schedule);
      };
    }
  });
}

}  // namespace cli
