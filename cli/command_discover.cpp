// dsmkit discover HOST[:PORT] [--json] [--chap user%secret]
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/discover/lun_list.h"
#include "cli/exit_codes.h"
#include "io/event_loop.h"
#include "io/iscsi_discovery.h"
#include "io/iscsi_url.h"
#include "io/resolver.h"

namespace cli {
namespace {

using nlohmann::ordered_json;

// The ISID's lane: none that a disk uses, for a login with a disk's ISID would end the disk's
// session.
constexpr uint32_t kLane = 0xffffffff;

struct Options {
  std::string portal;
  std::string chap;
  std::string initiator;
  uint32_t timeout_ms = 5000;
  bool json = false;
};

struct Found {
  io::DiscoveredTarget target;
  discover::LunList list;
};

// Empty optional with `error` set.
std::optional<io::IscsiPathConfig> read_options(const Options& options, std::string& error) {
  io::IscsiPathConfig portal;
  error = io::parse_target_portal(options.portal, portal.host, portal.port);
  error = error.empty() ? "" : "HOST[:PORT]: " + error;
  if (error.empty() && !options.chap.empty()) {
    error = io::parse_chap(options.chap, portal.user, portal.password);
    error = error.empty() ? "" : "--chap: " + error;
  }
  const std::string initiator =
      options.initiator.empty() ? io::default_initiator_name() : options.initiator;
  if (error.empty()) {
    error = io::check_target_name(initiator);
    error = error.empty() ? "" : "--initiator: " + error;
  }
  if (!error.empty()) {
    return std::nullopt;
  }
  io::add_credentials_from_environment(portal);
  io::set_initiator(portal, initiator, kLane);
  return portal;
}

io::IscsiPathConfig path_to(const io::IscsiPathConfig& asked, const std::string& target,
                            const io::DiscoveredPortal& portal, uint16_t lun) {
  io::IscsiPathConfig path = asked;
  path.host = portal.host;
  path.port = portal.port;
  path.target = target;
  path.lun = lun;
  io::set_initiator(path, asked.initiator_name, kLane);
  return path;
}

// Through the first portal that answers; what the last one said when none does.
discover::LunList list_luns(io::EventLoop& loop, const io::IscsiPathConfig& asked,
                            const io::DiscoveredTarget& target, uint32_t timeout_ms) {
  discover::LunList list;
  list.error = "it names no portal that makes sense";
  for (const io::DiscoveredPortal& portal : target.portals) {
    list = discover::list_luns(loop, path_to(asked, target.name, portal, 0), timeout_ms);
    if (list.error.empty()) {
      break;
    }
  }
  return list;
}

ordered_json to_json(const io::IscsiPathConfig& asked, const std::vector<Found>& all) {
  ordered_json targets = ordered_json::array();
  for (const auto& [target, list] : all) {
    ordered_json portals = ordered_json::array();
    for (const io::DiscoveredPortal& portal : target.portals) {
      portals.push_back(io::portal_text(portal.host, portal.port));
    }
    ordered_json luns = ordered_json::array();
    for (const discover::Lun& lun : list.luns) {
      ordered_json paths = ordered_json::array();
      for (const io::DiscoveredPortal& portal : target.portals) {
        paths.push_back(io::url_of(path_to(asked, target.name, portal, lun.number)));
      }
      luns.push_back({{"lun", lun.number},
                      {"disk", lun.is_disk()},
                      {"device_type", lun.device_type},
                      {"vendor", lun.vendor},
                      {"product", lun.product},
                      {"paths", std::move(paths)}});
    }
    targets.push_back(
        {{"name", target.name}, {"portals", std::move(portals)}, {"luns", std::move(luns)}});
    if (!list.error.empty()) {
      targets.back()["error"] = list.error;
    }
  }
  return {{"portal", io::portal_text(asked.host, asked.port)}, {"targets", std::move(targets)}};
}

void print_text(const io::IscsiPathConfig& asked, const std::vector<Found>& all) {
  for (const auto& [target, list] : all) {
    fmt::print("{}\n", target.name);
    for (const io::DiscoveredPortal& portal : target.portals) {
      fmt::print("  portal {}\n", io::portal_text(portal.host, portal.port));
    }
    for (const discover::Lun& lun : list.luns) {
      const std::string what =
          lun.vendor.empty() ? "" : fmt::format("  {} {}", lun.vendor, lun.product);
      if (!lun.is_disk()) {
        fmt::print("  LUN {}{}  is no disk (device type {:02X}h)\n", lun.number, what,
                   lun.device_type);
        continue;
      }
      fmt::print("  LUN {}{}\n", lun.number, what);
      for (const io::DiscoveredPortal& portal : target.portals) {
        fmt::print("    --path {}\n", io::url_of(path_to(asked, target.name, portal, lun.number)));
      }
    }
  }
  if (!asked.user.empty() && !all.empty()) {
    fmt::print(
        "# With CHAP: write user%password@ after iscsi://, or set LIBISCSI_CHAP_USERNAME and "
        "_PASSWORD.\n");
  }
}

int run(const Options& options) {
  std::string error;
  const auto portal = read_options(options, error);
  if (!portal) {
    return fail(kExitUsage, error);
  }
  io::EventLoop loop;
  std::optional<io::Discovery> discovery;
  io::IscsiDiscovery ask(loop, *portal);
  ask.start(options.timeout_ms, [&](const io::Discovery& found) { discovery = found; });
  while (!discovery) {
    loop.run_once(-1);
  }
  if (discovery->failure.result != mpio::LinkResult::ok) {
    return fail(kExitUnavailable, discovery->failure.detail);
  }
  std::vector<Found> all;
  for (const io::DiscoveredTarget& target : discovery->targets) {
    all.push_back({target, list_luns(loop, *portal, target, options.timeout_ms)});
  }
  if (options.json) {
    fmt::print("{}\n", to_json(*portal, all).dump(2));
  } else {
    print_text(*portal, all);
  }
  int code = kExitOk;
  if (discovery->ignored != 0) {
    code = fail(
        code,
        fmt::format("portal {} also names {} entries that are no target or no portal; left out",
                    io::portal_text(portal->host, portal->port), discovery->ignored));
  }
  if (all.empty()) {
    code = fail(
        code,
        fmt::format("portal {} shows no targets to initiator {}; check the target's access list",
                    io::portal_text(portal->host, portal->port), portal->initiator_name));
  }
  for (const auto& [target, list] : all) {
    if (!list.error.empty()) {
      code = fail(kExitUnavailable,
                  fmt::format("the LUNs of {} are not known: {}", target.name, list.error));
    }
  }
  return code;
}

}  // namespace

void add_discover_command(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "discover", "List a portal's iSCSI targets, and the --path of each of their LUNs");
  command->add_option("portal", options->portal, "Where to ask; the port is 3260 unless given")
      ->type_name("HOST[:PORT]")
      ->required();
  command->add_flag("--json", options->json, "Print JSON");
  command
      ->add_option(
          "--chap", options->chap,
          "CHAP name and secret, for the discovery and for the targets; safer in the environment: "
          "LIBISCSI_CHAP_USERNAME and LIBISCSI_CHAP_PASSWORD")
      ->type_name("USER%SECRET");
  command
      ->add_option("--initiator", options->initiator,
                   "Our iSCSI name, which access lists know (default: made of the host name)")
      ->type_name("IQN");
  command->add_option("--timeout-ms", options->timeout_ms, "How long to wait for each answer")
      ->check(CLI::Range(1U, 3'600'000U))
      ->capture_default_str()
      ->type_name("MS");
  command->callback(
      [&invocation, options] { invocation.run = [options] { return run(*options); }; });
}

}  // namespace cli
