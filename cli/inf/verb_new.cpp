// dsmkit inf new PROFILE [--classic] [--date DATE] [-o FILE]
// The INF of a vendor's driver.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "cli/driver_date.h"
#include "cli/exit_codes.h"
#include "cli/inf/verbs.h"
#include "cli/profile_file.h"
#include "package/inf.h"

namespace cli {
namespace {

struct NewOptions {
  std::string profile;
  bool classic = false;
  std::string date;
  std::string output = "-";
};

int make(const NewOptions& options) {
  int exit_code = kExitOk;
  const auto profile = load_profile(options.profile, exit_code);
  if (profile == nullptr) {
    return exit_code;
  }
  DriverDate date;
  std::string error;
  if (!driver_date(options.date, date, error)) {
    return fail(kExitUsage, error);
  }
  const package::InfLayout layout =
      options.classic ? package::InfLayout::classic : package::InfLayout::modern;
  if (!write_text(options.output, package::inf_of(*profile, layout, date.date), error)) {
    return fail(kExitUnavailable, error);
  }
  return kExitOk;
}

}  // namespace

void add_inf_new(CLI::App& inf, Invocation& invocation) {
  auto options = std::make_shared<NewOptions>();
  CLI::App* making =
      inf.add_subcommand("new", "Make the INF of the driver that a profile describes");
  making->add_option("profile", options->profile, "A profile (TOML), or - for standard input")
      ->required();
  making->add_flag("--classic", options->classic,
                   "The layout of Microsoft's sample, instead of that for the driver store");
  add_driver_date_option(*making, options->date);
  making->add_option("-o,--output", options->output, "The file; else standard output");
  making->callback(
      [&invocation, options] { invocation.run = [options] { return make(*options); }; });
}

}  // namespace cli
