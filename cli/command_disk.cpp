// dsmkit disk --path PATH ... --nbd ADDRESS --iscsi HOST:PORT ...   serves a multipath disk
// dsmkit disk policy --control SOCKET NAME        the load-balance policy, for this run
// dsmkit disk longest --control SOCKET [--json]   its slowest request since this was last asked
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cli/chap_options.h"
#include "cli/command.h"
#include "cli/disk_administration.h"
#include "cli/disk_request.h"
#include "cli/disk_service.h"
#include "cli/exit_codes.h"
#include "cli/profile_file.h"
#include "cli/profile_json.h"
#include "cli/profile_settings.h"
#include "cli/show_text.h"
#include "cli/status_json.h"
#include "cli/trace_file.h"
#include "dsm/policy.h"
#include "io/control_socket.h"
#include "io/portal.h"
#include "scsi/target_port_groups.h"
#include "scsi/transport_id.h"

namespace cli {
namespace {

struct DiskOptions {
  std::vector<std::string> paths;
  std::vector<std::string> discover;
  std::string nbd;
  std::vector<std::string> iscsi;
  std::string iscsi_chap;
  std::string iscsi_chap_mutual;
  std::string control;
  std::string policy;  // "": what is stored
  std::vector<uint32_t> weights;
  std::string settings;
  std::string initiator;
  unsigned preferred = 0;  // 0: none
  std::string record;      // "": no trace
  std::string profile_file;
  std::shared_ptr<const profile::Profile> profile;
  DiskServiceConfig service;
};

// The table of paths, drawn again and again on a terminal.
class LiveTable {
 public:
  LiveTable(io::EventLoop& loop, const mpio::Disk& disk) : loop_(loop), disk_(disk) { draw(); }
  ~LiveTable() { loop_.cancel(timer_); }

 private:
  static constexpr uint64_t kPeriodNs = 1'000'000'000;

  void draw() {
    const std::string table = show_text(status_json(disk_.status()));
    if (lines_ != 0) {
      fmt::print("\x1b[{}A\x1b[J", lines_);
    }
    fmt::print("{}", table);
    std::fflush(stdout);
    lines_ = static_cast<size_t>(std::count(table.begin(), table.end(), '\n'));
    loop_.arm_after(timer_, kPeriodNs);
  }

  io::EventLoop& loop_;
  const mpio::Disk& disk_;
  size_t lines_ = 0;
  base::MemberTimer<&LiveTable::draw> timer_{*this};
};

bool to_front(const DiskOptions& options, FrontConfig& front, std::string& error) {
  const std::vector<std::string>& portals = options.iscsi;
  if (portals.size() > scsi::kMaxPortsPerGroup) {
    error = fmt::format("--iscsi is given {} times; a disk has at most {} portals", portals.size(),
                        scsi::kMaxPortsPerGroup);
    return false;
  }
  if (!io::parse_portals("--iscsi", portals, front.portals, error)) {
    return false;
  }
  if (front.target_name.empty() || front.target_name.size() > scsi::kMaxIscsiNameBytes) {
    error = fmt::format("--iscsi-name must have 1 to {} characters, as in {}",
                        scsi::kMaxIscsiNameBytes, FrontConfig{}.target_name);
    return false;
  }
  if (portals.empty() && !(options.iscsi_chap.empty() && options.iscsi_chap_mutual.empty())) {
    error = "--iscsi-chap is for who logs in to --iscsi HOST:PORT; give that too";
    return false;
  }
  return parse_accounts({"--iscsi-chap", options.iscsi_chap},
                        {"--iscsi-chap-mutual", options.iscsi_chap_mutual}, front.chap,
                        front.chap_mutual, error);
}

bool can_have_front(const DiskServiceConfig& service, std::string& error) {
  if (service.front.portals.empty() || iscsi_paths(service.paths).size() == service.paths.size()) {
    return true;
  }
  error = "--iscsi: " + std::string(kNoNexusThroughSg) +
          "; serve the disk with --nbd, or give iscsi:// paths";
  return false;
}

bool to_config(DiskOptions& options, std::string& error) {
  if (!options.nbd.empty()) {
    const io::nbd::ParsedAddress address = io::nbd::parse_address(options.nbd);
    if (!address.address) {
      error = "--nbd " + options.nbd + ": " + address.error;
      return false;
    }
    options.service.nbd = *address.address;
  }
  if (!to_front(options, options.service.front, error)) {
    return false;
  }
  const dsm::Policy* policy = dsm::find_policy(options.policy);
  if (policy == nullptr && !options.policy.empty()) {
    error = "--policy " + options.policy + ": there is no such policy; there are " + policy_names();
    return false;
  }
  const size_t weights = options.weights.size();
  if (weights != 0 && weights != options.paths.size()) {
    error = fmt::format("--weight is given {} times and --path {} times; give one for each path",
                        weights, options.paths.size());
    return false;
  }
  if (options.preferred > options.paths.size()) {
    error = fmt::format("--preferred {}: there are {} paths; give a number from 1 on",
                        options.preferred, options.paths.size());
    return false;
  }
  mpio::RunSettings& run = options.service.disk.run;
  run.preferred_path = options.preferred - 1;  // 0: none
  for (unsigned path = 0; path < weights; ++path) {
    run.weights[path] = options.weights[path];
  }
  run.policy = policy != nullptr ? policy->id : dsm::PolicyId::none;
  options.service.initiator_name = options.initiator;
  return parse_paths(options.paths, options.initiator, options.service.paths, error) &&
         parse_portals_to_ask(options.discover, options.initiator, options.service.discover,
                              error) &&
         can_have_front(options.service, error);
}

// What happens from the first login to the last logout.
class Serving {
 public:
  Serving(const DiskOptions& options, io::EventLoop& loop)
      : options_(options), loop_(loop), service_(loop, options.service) {
    service_.on_path = [this](unsigned path, mpio::PathState before, mpio::PathState after,
                              const std::string& why) {
      note(fmt::format("path {}: {} -> {}{}{}", service_.disk().path_name(path),
                       mpio::name_of(before), mpio::name_of(after), why.empty() ? "" : ": ", why));
    };
    service_.on_news = [this](const std::string& text) { note(text); };
  }

  int run() {
    for (const int number : {SIGTERM, SIGINT}) {
      loop_.on_signal(number, [this] { stop(); });
    }
    service_.start([this](const std::string& error) { on_started(error); });
    loop_.run();
    return exit_code_;
  }

 private:
  void note(const std::string& text) {
    if (table_ == nullptr) {
      fmt::print(stderr, "dsmkit: {}\n", text);
    }
  }

  void on_started(const std::string& error) {
    std::string why = error;
    if (why.empty() && !options_.control.empty()) {
      administration_ = std::make_unique<DiskAdministration>(loop_, service_.disk(), service_,
                                                             SettingsStore(options_.settings));
      if (options_.profile != nullptr) {
        administration_->show_profile(profile_json(*options_.profile, options_.service.disk));
      }
      control_ = io::ControlSocket::open_late(
          loop_, options_.control,
          [this](const io::ControlRequest& request, const io::ControlSocket::Answer& answer) {
            administration_->handle(request, answer);
          },
          why);
    }
    if (!why.empty()) {
      exit_code_ = fail(kExitUnavailable, why);
      stop();
      return;
    }
    for (const std::string& url : service_.urls()) {
      fmt::print("{}\n", url);
    }
    fmt::print("ready\n");
    std::fflush(stdout);
    if (isatty(STDOUT_FILENO) == 1) {
      table_ = std::make_unique<LiveTable>(loop_, service_.disk());
    }
  }

  // The second signal does not wait for anybody.
  void stop() {
    if (std::exchange(stopping_, true)) {
      loop_.stop();
      return;
    }
    table_.reset();
    service_.stop([this] { loop_.stop(); });
  }

  const DiskOptions& options_;
  io::EventLoop& loop_;
  DiskService service_;
  std::unique_ptr<DiskAdministration> administration_;
  std::unique_ptr<io::ControlSocket> control_;
  std::unique_ptr<LiveTable> table_;
  bool stopping_ = false;
  int exit_code_ = kExitOk;
};

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
  io::EventLoop loop;
  exit_code = Serving(options, loop).run();
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

void add_times(CLI::App& command, DiskServiceConfig& service) {
  mpio::DiskConfig& disk = service.disk;
  const auto add = [&command](const char* name, uint32_t& value, const char* help, int least = 0) {
    // Not add_option_group(): that is a subcommand without a name, which an empty word on the
    // command line matches, and CLI11 2.1 then never comes to an end.
    command.add_option(name, value, help)
        ->group("Times in milliseconds")
        ->capture_default_str()
        ->check(CLI::Range(least, 86'400'000));
  };
  add("--start-timeout-ms", service.start_timeout_ms, "Give up when no path serves by then");
  add("--login-deadline-ms", disk.login_deadline_ms, "For one login", 10);
  add("--down-after-ms", disk.down_after_ms, "Silence after which a path is left", 10);
  add("--command-deadline-ms", disk.command_deadline_ms, "For one command on a living path", 10);
  add("--no-path-deadline-ms", disk.no_path_deadline_ms,
      "Requests fail when no path has served for so long");
  add("--settle-loss-ms", disk.settle_loss_ms,
      "A write without an answer counts as dead after this without a new login to its port; 0: "
      "never");
  add("--stability-ms", disk.stability_ms, "A path that came back waits so long before it is used");
  add("--flap-hold-max-ms", disk.flap_hold_max_ms, "The same for a path that keeps failing");
  add("--backoff-max-ms", disk.backoff_max_ms, "Longest pause between two logins", 1);
  add("--drain-ms", service.drain_ms, "At the end, wait so long for open requests");
}

}  // namespace

void add_disk_command(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "disk", "Serve one LUN behind several paths as one disk over NBD or iSCSI");
  auto options = std::make_shared<DiskOptions>();
  command->add_option("--path", options->paths,
                      "iscsi://[user%password@]host:port/IQN/LUN or sg:/dev/sgN, once per path");
  command->add_option("--discover", options->discover,
                      "iscsi://[user%password@]host:port/IQN/LUN: ask this portal, again and "
                      "again, for all portals of the target; paths come and go with its answers");
  command
      ->add_option("--discover-interval-ms", options->service.discover_interval_ms,
                   "Pause between two questions")
      ->capture_default_str()
      ->check(CLI::Range(100, 86'400'000));
  command->add_option("--nbd", options->nbd, "Where to serve it: unix:SOCKET or tcp:HOST:PORT");
  command->add_option("--iscsi", options->iscsi,
                      "HOST:PORT, once per portal: serve it as an iSCSI target too, or instead, "
                      "for clients that speak SCSI themselves");
  command->add_option("--iscsi-name", options->service.front.target_name, "Its target name (IQN)")
      ->capture_default_str();
  command
      ->add_option("--iscsi-chap", options->iscsi_chap, "What its initiators must know to log in")
      ->type_name("USER%SECRET");
  command
      ->add_option("--iscsi-chap-mutual", options->iscsi_chap_mutual,
                   "With what it proves itself to initiators that ask")
      ->type_name("USER%SECRET");
  command
      ->add_option("--export", options->service.export_name,
                   "Name of the NBD export, beside the default one")
      ->capture_default_str();
  command->add_option("--policy", options->policy,
                      "Load balance, for this run: " + policy_names() +
                          ". Without it, what is stored, else round-robin");
  options->settings = default_settings_path();
  command
      ->add_option("--settings", options->settings,
                   "Where `dsmkit policy` and `dsmkit path` store what they set; one file serves "
                   "all disks of a host")
      ->capture_default_str();
  options->service.lanes = default_lanes();
  command
      ->add_option("--lanes", options->service.lanes,
                   "Event loops (threads), each with a session of its own down every path; NBD "
                   "connections are spread over them")
      ->capture_default_str()
      ->check(CLI::Range(size_t{1}, mpio::Disk::kMaxLanes));
  command->add_option(
      "--weight", options->weights,
      "For weighted-paths and this run, once per --path in the same order: the lowest carry the "
      "I/O");
  command->add_option(
      "--preferred", options->preferred,
      "For fail-over-only and this run: which --path (1: the first) takes over whenever it is "
      "well");
  command
      ->add_option(
          "--profile", options->profile_file,
          "A vendor's profile (docs/profiles.md): its devices only, its policy, timers and "
          "error rules; options given here and settings win")
      ->type_name("FILE");
  command->add_option("--control", options->control, "Unix socket for `dsmkit show`");
  command
      ->add_option("--record", options->record,
                   "Write a trace of the DSM (docs/traces.md), for `dsmkit replay`")
      ->type_name("FILE");
  command
      ->add_flag("--record-picks", options->service.disk.trace_picks,
                 "And which path each command takes, at the price of a lock for each")
      ->needs("--record");
  command->add_option("--initiator", options->initiator,
                      "Our iSCSI name; two disks on one LUN need different ones");
  add_times(*command, options->service);

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
