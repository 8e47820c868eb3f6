// See array_options.h.
#include "cli/array_options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <string_view>

#include "cli/array_lun_option.h"
#include "cli/chap_options.h"
#include "scsi/transport_id.h"

namespace cli {
namespace {

constexpr size_t kMaxPortals = 64;
constexpr const char* kDefaultLun = "ram:256M";

bool valid_name(const std::string& name) {
  const bool known =
      name.starts_with("iqn.") || name.starts_with("eui.") || name.starts_with("naa.");
  return known && name.size() > 4 && name.size() <= scsi::kMaxIscsiNameBytes &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
                  c == ':';
         });
}

bool parse_alua(const std::string& text, array::AluaMode& mode) {
  constexpr std::array<std::pair<std::string_view, array::AluaMode>, 4> kModes = {{
      {"none", array::AluaMode::none},
      {"implicit", array::AluaMode::implicit_only},
      {"explicit", array::AluaMode::explicit_only},
      {"both", array::AluaMode::both},
  }};
  const auto found = std::find_if(kModes.begin(), kModes.end(),
                                  [&](const auto& entry) { return entry.first == text; });
  if (found == kModes.end()) {
    return false;
  }
  mode = found->second;
  return true;
}

bool parse_state(const std::string& text, scsi::AccessState& state) {
  for (const scsi::AccessState candidate :
       {scsi::AccessState::active_optimized, scsi::AccessState::active_nonoptimized,
        scsi::AccessState::standby, scsi::AccessState::unavailable}) {
    if (text == scsi::name_of(candidate)) {
      state = candidate;
      return true;
    }
  }
  return false;
}

bool take_portals(const ArrayOptions& options, array::Config& config,
                  io::IscsiTarget::Settings& settings, std::string& error) {
  if (options.listen.empty() || options.listen.size() > kMaxPortals) {
    error = fmt::format(
        "array needs 1 to {} portals: --listen HOST:PORT, for example "
        "--listen 127.0.0.1:3260",
        kMaxPortals);
    return false;
  }
  if (!io::parse_portals("--listen", options.listen, settings.portals, error)) {
    return false;
  }
  for (unsigned port = 0; port < settings.portals.size(); ++port) {
    config.ports.push_back({.controller = port % config.controllers});
  }
  return true;
}

// The same at every start of the same array, and almost surely another for another one (FNV-1a).
uint32_t serial_of(const ArrayOptions& options) {
  if (options.serial != 0) {
    return options.serial;
  }
  uint32_t hash = 2166136261U;
  const auto mix = [&hash](const std::string& text) {
    for (const char c : text) {
      hash = (hash ^ static_cast<uint8_t>(c)) * 16777619U;
    }
    hash = (hash ^ 0xffU) * 16777619U;
  };
  mix(options.target);
  for (const std::string& portal : options.listen) {
    mix(portal);
  }
  return hash == 0 ? 1 : hash;
}

}  // namespace

void add_array_options(CLI::App& command, ArrayOptions& options) {
  command
      .add_option("--listen", options.listen,
                  "Portal to serve; the 1st belongs to controller 0, the 2nd to controller 1, "
                  "and so on in turn")
      ->type_name("HOST:PORT")
      ->allow_extra_args(false);
  command.add_option("--control", options.control, "Control socket, for `dsmkit array fault`")
      ->type_name("SOCKET");
  command.add_option("--lun", options.luns, kLunOptionHelp)
      ->type_name("LUN")
      ->allow_extra_args(false);
  command.add_option("--target", options.target, "iSCSI name of the target")
      ->capture_default_str()
      ->type_name("IQN");
  command.add_option("--chap", options.chap, "What initiators must know to log in")
      ->type_name("USER%SECRET");
  command
      .add_option("--chap-mutual", options.chap_mutual,
                  "With what the array proves itself to initiators that ask")
      ->type_name("USER%SECRET");
  command.add_option("--alua", options.alua, "implicit, explicit, both or none")
      ->capture_default_str()
      ->type_name("MODE");
  command
      .add_option("--passive-state", options.passive_state,
                  "Access state of all controllers but the first")
      ->capture_default_str()
      ->type_name("STATE");
  command.add_flag("--symmetric", options.symmetric, "All controllers active/optimized");
  command.add_option("--controllers", options.controllers, "How many controllers")
      ->capture_default_str();
  command
      .add_option("--block-size", options.block_bytes,
                  "Logical block size, 512 or 4096, of LUNs without block=")
      ->capture_default_str();
  command.add_option(
      "--serial", options.serial,
      "Serial number; arrays that differ in it have different LUNs (default: made from "
      "the target's name and the portals, so two arrays are never taken for one)");
}

bool to_config(const ArrayOptions& options, array::Config& config,
               io::IscsiTarget::Settings& settings, std::string& error) {
  if (options.controllers == 0 || options.controllers > scsi::kMaxGroups) {
    error = fmt::format("--controllers {} must be 1 to {}", options.controllers, scsi::kMaxGroups);
    return false;
  }
  if (options.block_bytes != 512 && options.block_bytes != 4096) {
    error = fmt::format("--block-size {} must be 512 or 4096", options.block_bytes);
    return false;
  }
  if (!valid_name(options.target)) {
    error = fmt::format(
        "--target \"{}\" is no iSCSI name: it begins with iqn., eui. or naa. and has up "
        "to {} lower-case letters, digits, '.', '-' and ':'",
        options.target, scsi::kMaxIscsiNameBytes);
    return false;
  }
  if (!parse_alua(options.alua, config.alua)) {
    error = fmt::format("--alua \"{}\" must be implicit, explicit, both or none", options.alua);
    return false;
  }
  if (!parse_state(options.passive_state, config.passive_state)) {
    error = fmt::format(
        "--passive-state \"{}\" must be active/optimized, active/non-optimized, standby "
        "or unavailable",
        options.passive_state);
    return false;
  }
  config.target_name = options.target;
  config.controllers = options.controllers;
  config.serial = serial_of(options);
  config.symmetric = options.symmetric;
  config.vendor = options.vendor;
  config.product = options.product;
  config.implicit_transition_time_s = options.transition_time_s;
  config.passive = options.passive;
  const std::vector<std::string> luns =
      options.luns.empty() ? std::vector<std::string>{kDefaultLun} : options.luns;
  for (const std::string& text : luns) {
    const auto lun = parse_lun(text, options.block_bytes, error);
    if (!lun) {
      return false;
    }
    config.luns.push_back(*lun);
  }
  return take_portals(options, config, settings, error) &&
         parse_accounts({"--chap", options.chap}, {"--chap-mutual", options.chap_mutual},
                        settings.chap, settings.chap_mutual, error);
}

}  // namespace cli
