// See disk_options.h.
#include "cli/disk_options.h"

#include <fmt/format.h>

#include "cli/chap_options.h"
#include "cli/disk_administration.h"
#include "cli/disk_path.h"
#include "cli/settings/settings_store.h"
#include "dsm/policy.h"
#include "io/portal.h"
#include "scsi/target_port_groups.h"
#include "scsi/transport_id.h"

namespace cli {
namespace {

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

void add_disk_options(CLI::App& command, DiskOptions& options) {
  command.add_option("--path", options.paths,
                     "iscsi://[user%password@]host:port/IQN/LUN or sg:/dev/sgN, once per path");
  command.add_option("--discover", options.discover,
                     "iscsi://[user%password@]host:port/IQN/LUN: ask this portal, again and "
                     "again, for all portals of the target; paths come and go with its answers");
  command
      .add_option("--discover-interval-ms", options.service.discover_interval_ms,
                  "Pause between two questions")
      ->capture_default_str()
      ->check(CLI::Range(100, 86'400'000));
  command.add_option("--nbd", options.nbd, "Where to serve it: unix:SOCKET or tcp:HOST:PORT");
  command.add_option("--iscsi", options.iscsi,
                     "HOST:PORT, once per portal: serve it as an iSCSI target too, or instead, "
                     "for clients that speak SCSI themselves");
  command.add_option("--iscsi-name", options.service.front.target_name, "Its target name (IQN)")
      ->capture_default_str();
  command.add_option("--iscsi-chap", options.iscsi_chap, "What its initiators must know to log in")
      ->type_name("USER%SECRET");
  command
      .add_option("--iscsi-chap-mutual", options.iscsi_chap_mutual,
                  "With what it proves itself to initiators that ask")
      ->type_name("USER%SECRET");
  command
      .add_option("--export", options.service.export_name,
                  "Name of the NBD export, beside the default one")
      ->capture_default_str();
  command.add_option("--policy", options.policy,
                     "Load balance, for this run: " + policy_names() +
                         ". Without it, what is stored, else round-robin");
  options.settings = default_settings_path();
  command
      .add_option("--settings", options.settings,
                  "Where `dsmkit policy` and `dsmkit path` store what they set; one file serves "
                  "all disks of a host")
      ->capture_default_str();
  options.service.lanes = default_lanes();
  command
      .add_option("--lanes", options.service.lanes,
                  "Event loops (threads), each with a session of its own down every path; NBD "
                  "connections are spread over them")
      ->capture_default_str()
      ->check(CLI::Range(size_t{1}, mpio::Disk::kMaxLanes));
  command.add_option(
      "--weight", options.weights,
      "For weighted-paths and this run, once per --path in the same order: the lowest carry the "
      "I/O");
  command.add_option(
      "--preferred", options.preferred,
      "For fail-over-only and this run: which --path (1: the first) takes over whenever it is "
      "well");
  command
      .add_option("--profile", options.profile_file,
                  "A vendor's profile (docs/profiles.md): its devices only, its policy, timers and "
                  "error rules; options given here and settings win")
      ->type_name("FILE");
  command.add_option("--control", options.control, "Unix socket for `dsmkit show`");
  command
      .add_option("--record", options.record,
                  "Write a trace of the DSM (docs/traces.md), for `dsmkit replay`")
      ->type_name("FILE");
  command
      .add_flag("--record-picks", options.service.disk.trace_picks,
                "And which path each command takes, at the price of a lock for each")
      ->needs("--record");
  command.add_option("--initiator", options.initiator,
                     "Our iSCSI name; two disks on one LUN need different ones");
  add_times(command, options.service);
}

}  // namespace cli
