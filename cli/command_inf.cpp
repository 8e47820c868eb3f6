// dsmkit inf check FILE [--json | --sarif]   what is wrong with an INF for a device-specific module
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/inf/findings_report.h"
#include "cli/profile_file.h"
#include "inf/check/check.h"
#include "inf/markdown.h"
#include "inf/read.h"

namespace cli {
namespace {

constexpr size_t kMostBytes = size_t{16} << 20;

struct CheckOptions {
  std::string file;
  bool json = false;
  bool sarif = false;
};

int check(const CheckOptions& options) {
  std::string bytes;
  std::string error;
  if (!read_text(options.file, kMostBytes, bytes, error)) {
    return fail(kExitUsage, error);
  }
  const inf::Text text = inf::decode(bytes);
  const inf::Document document = inf::is_markdown(text.utf8)
                                     ? inf::read(inf::blocks_of_markdown(text.utf8))
                                     : inf::read_bytes(bytes);
  const std::vector<inf::Finding> findings = inf::check(document);
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

void add_inf_command(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("inf", "Judge the INF of a Windows driver package");
  command->require_subcommand(1);

  auto options = std::make_shared<CheckOptions>();
  CLI::App* checking = command->add_subcommand(
      "check", "Say what is wrong with it: exit 0 nothing, 1 something, 2 it cannot be read");
  checking
      ->add_option("file", options->file,
                   "An INF, a Markdown document with blocks of `inf`, or - for standard input")
      ->required();
  CLI::Option* json = checking->add_flag("--json", options->json, "Print JSON");
  checking->add_flag("--sarif", options->sarif, "Print SARIF 2.1.0")->excludes(json);
  checking->callback(
      [&invocation, options] { invocation.run = [options] { return check(*options); }; });
}

}  // namespace cli
