// dsmkit profile check FILE...        is a vendor's profile in order? Says everything that is not
// dsmkit profile show FILE [--json]   what it means, standard values included
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/profile_file.h"
#include "cli/profile_json.h"
#include "cli/profile_settings.h"

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

int show(const std::string& file, bool as_json) {
  int exit_code = kExitOk;
  const auto profile = load_profile(file, exit_code);
  if (profile == nullptr) {
    return exit_code;
  }
  mpio::DiskConfig config;
  apply(
      *profile, [](const std::string&) { return false; }, config);
  const auto document = profile_json(*profile, config);
  fmt::print("{}", as_json ? document.dump(2) + "\n" : profile_text(document));
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
  showing->add_flag("--json", *as_json, "Print JSON");
  showing->callback([&invocation, file, as_json] {
    invocation.run = [file, as_json] { return show(*file, *as_json); };
  });
}

}  // namespace cli
