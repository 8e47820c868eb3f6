// dsmkit profile check FILE...        is a vendor's profile in order? Says everything that is not
// dsmkit profile show FILE [--json | --header]   what it means, standard values included
// dsmkit profile identity FILE [--json | --header | --wxs]   all names and GUIDs of the driver
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/profile_file.h"
#include "cli/profile_identity.h"
#include "cli/profile_json.h"
#include "cli/profile_settings.h"
#include "package/msi.h"
#include "profile/vendor_header.h"

namespace cli {
namespace {

int check(const std::vector<std::string>& files) {
  int worst = kExitOk;
  for (const std::string& file : files) {
    int exit_code = kExitOk;
    if (const auto profile = load_profile(file, exit_code)) {
      fmt::print("{}: in order: {} {}; devices: {}, error rules: {}\n", file,
                 profile->names.product, profile->names.version, profile->devices.size(),
                 profile->rules.size());
    }
    worst = std::max(worst, exit_code);
  }
  return worst;
}

int show(const std::string& file, bool as_json, bool as_header) {
  int exit_code = kExitOk;
  const auto profile = load_profile(file, exit_code);
  if (profile == nullptr) {
    return exit_code;
  }
  if (as_header) {
    fmt::print("{}", profile::vendor_header(*profile));
    return kExitOk;
  }
  mpio::DiskConfig config;
  apply(
      *profile, [](const std::string&) { return false; }, config);
  const auto document = profile_json(*profile, config);
  fmt::print("{}", as_json ? document.dump(2) + "\n" : profile_text(document));
  return kExitOk;
}

int show_identity(const std::string& file, bool as_json, bool as_header, bool as_wxs) {
  int exit_code = kExitOk;
  const auto profile = load_profile(file, exit_code);
  if (profile == nullptr) {
    return exit_code;
  }
  const profile::Identity identity = profile::identity_of(*profile);
  if (const std::string unfit = package::unfit_for_msi(identity); as_wxs && !unfit.empty()) {
    return fail(kExitFailed, unfit);
  }
  fmt::print("{}", as_header ? profile::identity_header(identity)
                   : as_wxs  ? package::wxs_of(identity)
                   : as_json ? identity_json(identity).dump(2) + "\n"
                             : identity_text(identity));
  return kExitOk;
}

}  // namespace

void add_profile_command(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("profile", "Check and show a vendor's profile");
  command->require_subcommand(1);

  auto files = std::make_shared<std::vector<std::string>>();
  CLI::App* checking = command->add_subcommand("check", "Say everything that is wrong with it");
  checking->add_option("file", *files, "Profiles (TOML), or - for standard input")->required();
  checking->callback([&invocation, files] { invocation.run = [files] { return check(*files); }; });

  auto file = std::make_shared<std::string>();
  auto as_json = std::make_shared<bool>(false);
  CLI::App* showing = command->add_subcommand("show", "What it means, standard values included");
  showing->add_option("file", *file, "A profile (TOML), or - for standard input")->required();
  auto as_header = std::make_shared<bool>(false);
  CLI::Option* shown_json = showing->add_flag("--json", *as_json, "Print JSON");
  showing->add_flag("--header", *as_header, "Print C++ for the driver: windows/driver/vendor.h")
      ->excludes(shown_json);
  showing->callback([&invocation, file, as_json, as_header] {
    invocation.run = [file, as_json, as_header] { return show(*file, *as_json, *as_header); };
  });

  CLI::App* identity =
      command->add_subcommand("identity", "All names and GUIDs of the vendor's driver");
  identity->add_option("file", *file, "A profile (TOML), or - for standard input")->required();
  CLI::Option* json = identity->add_flag("--json", *as_json, "Print JSON");
  identity->add_flag("--header", *as_header, "Print C++ for the driver: windows/driver/identity.h")
      ->excludes(json);
  auto as_wxs = std::make_shared<bool>(false);
  identity->add_flag("--wxs", *as_wxs, "Print what `dsmkit package` makes the MSI of, for wixl")
      ->excludes(json)
      ->excludes("--header");
  identity->callback([&invocation, file, as_json, as_header, as_wxs] {
    invocation.run = [file, as_json, as_header, as_wxs] {
      return show_identity(*file, *as_json, *as_header, *as_wxs);
    };
  });
}

}  // namespace cli
