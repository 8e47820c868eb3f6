// dsmkit inf check FILE [--profile PROFILE] [--json | --sarif]
// What is wrong with an INF for a device-specific module.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "cli/exit_codes.h"
#include "cli/inf/findings_report.h"
#include "cli/inf/verbs.h"
#include "cli/profile_file.h"
#include "inf/check/check.h"
#include "inf/markdown.h"
#include "inf/read.h"
#include "package/inf.h"

namespace cli {
namespace {

struct CheckOptions {
  std::string file;
  std::string profile;
  bool json = false;
  bool sarif = false;
};

int check(const CheckOptions& options) {
  inf::Expectations expectations;
  if (!options.profile.empty()) {
    int exit_code = kExitOk;
    const auto profile = load_profile(options.profile, exit_code);
    if (profile == nullptr) {
      return kExitUsage;  // 1 would say that something is wrong with the INF
    }
    expectations = package::expectations_of(*profile);
  }
  std::string bytes;
  std::string error;
  if (!read_text(options.file, kMostInfBytes, bytes, error)) {
    return fail(kExitUsage, error);
  }
  const inf::Text text = inf::decode(bytes);
  const inf::Document document = inf::is_markdown(text.utf8)
                                     ? inf::read(inf::blocks_of_markdown(text.utf8))
                                     : inf::read_text(text);
  const std::vector<inf::Finding> findings = inf::check(document, expectations);
  if (options.json) {
    fmt::print("{}\n", findings_json(options.file, findings).dump(2));
  } else if (options.sarif) {
    fmt::print("{}\n", findings_sarif(options.file, findings).dump(2));
  } else {
    fmt::print("{}", findings_text(options.file, findings));
  }
  return count_faults(findings) == 0 ? kExitOk : kExitFailed;
}

}  // namespace

void add_inf_check(CLI::App& inf, Invocation& invocation) {
  auto options = std::make_shared<CheckOptions>();
  CLI::App* checking = inf.add_subcommand(
      "check", "Say what is wrong with it: exit 0 nothing, 1 something, 2 it cannot be read");
  checking
      ->add_option("file", options->file,
                   "An INF, a Markdown document with blocks of `inf`, or - for standard input")
      ->required();
  checking->add_option("--profile", options->profile,
                       "The vendor's profile (TOML): what the INF must agree on with his driver");
  CLI::Option* json = checking->add_flag("--json", options->json, "Print JSON");
  checking->add_flag("--sarif", options->sarif, "Print SARIF 2.1.0")->excludes(json);
  checking->callback(
      [&invocation, options] { invocation.run = [options] { return check(*options); }; });
}

}  // namespace cli
