// dsmkit catalog show FILE.cat [--json]       what a security catalog says
// dsmkit catalog verify FILE.cat FILE... [--certificate FILE]   does it know these very files, and
//                                             has the right one signed it?
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/package/catalog_report.h"
#include "cli/package/tool.h"
#include "cli/profile_file.h"
#include "package/catalog.h"

namespace cli {
namespace {

constexpr size_t kMostBytes = 64U << 20;

bool load(const std::string& file, package::Catalog& catalog, int& exit_code) {
  std::string bytes;
  std::string error;
  if (!read_text(file, kMostBytes, bytes, error)) {
    exit_code = fail(kExitUnavailable, error);
    return false;
  }
  if (!package::read_catalog(bytes, catalog, error)) {
    exit_code = fail(kExitUsage, file + ": " + error);
    return false;
  }
  return true;
}

int show(const std::string& file, bool as_json) {
  package::Catalog catalog;
  int exit_code = kExitOk;
  if (load(file, catalog, exit_code)) {
    fmt::print("{}", as_json ? catalog_json(catalog).dump(2) + "\n" : catalog_text(catalog));
  }
  return exit_code;
}

struct VerifyOptions {
  std::string catalog;
  std::vector<std::string> files;
  std::string certificate;
};

// What osslsigncode says about why not, without the certificates it lists before.
std::string reason_of(const std::string& output) {
  std::string reason;
  for (size_t at = 0; at < output.size();) {
    const size_t end = std::min(output.find('\n', at), output.size());
    const std::string line = output.substr(at, end - at);
    if (line.find("rror") != std::string::npos || line.find("ailed") != std::string::npos) {
      reason += (reason.empty() ? "" : "; ") + line;
    }
    at = end + 1;
  }
  return reason;
}

// "": it holds.
std::string judge_signature(const VerifyOptions& options, const package::Catalog& catalog) {
  if (!catalog.is_signed) {
    return options.catalog +
           ": nobody has signed it; sign it with osslsigncode, or leave --certificate out";
  }
  const ToolRun run =
      run_tool({"osslsigncode", "verify", "-CAfile", options.certificate, "-in", options.catalog});
  if (run.code == 127) {
    return run.output + ", and it is what verifies signatures; install the package osslsigncode";
  }
  return run.good() ? ""
                    : fmt::format("{}: its signature does not hold with {}: {}", options.catalog,
                                  options.certificate, reason_of(run.output));
}

int verify(const VerifyOptions& options) {
  package::Catalog catalog;
  int exit_code = kExitOk;
  if (!load(options.catalog, catalog, exit_code)) {
    return exit_code;
  }
  const auto judge = [&exit_code](const std::string& complaint) {
    if (!complaint.empty()) {
      exit_code = fail(kExitFailed, complaint);
    }
  };
  for (const std::string& file : options.files) {
    std::string bytes;
    std::string error;
    if (!read_text(file, kMostBytes, bytes, error)) {
      return fail(kExitUnavailable, error);
    }
    judge(package::judge_file(catalog, file, bytes));
  }
  if (!options.certificate.empty()) {
    judge(judge_signature(options, catalog));
  }
  if (exit_code == kExitOk) {
    fmt::print("{}: knows all {} files; its signature {}\n", options.catalog, options.files.size(),
               !options.certificate.empty() ? "holds"
               : catalog.is_signed          ? "was not verified (--certificate FILE)"
                                            : "is missing");
  }
  return exit_code;
}

}  // namespace

void add_catalog_command(CLI::App& app, Invocation& invocation) {
  CLI::App* command =
      app.add_subcommand("catalog", "Show and verify the catalog of a Windows driver package");
  command->require_subcommand(1);

  auto file = std::make_shared<std::string>();
  auto as_json = std::make_shared<bool>(false);
  CLI::App* showing = command->add_subcommand("show", "Members, hashes, hardware IDs");
  showing->add_option("catalog", *file, "A .cat file, or - for standard input")->required();
  showing->add_flag("--json", *as_json, "Print JSON");
  showing->callback([&invocation, file, as_json] {
    invocation.run = [file, as_json] { return show(*file, *as_json); };
  });

  auto options = std::make_shared<VerifyOptions>();
  CLI::App* verifying = command->add_subcommand(
      "verify", "Does it know these very files? Exit 0 it does, 1 it does not");
  verifying->add_option("catalog", options->catalog, "A .cat file")->required();
  verifying->add_option("file", options->files, "Files of the package")->required();
  verifying->add_option("--certificate", options->certificate,
                        "Verify the signature too: certificates that are trusted (PEM)");
  verifying->callback(
      [&invocation, options] { invocation.run = [options] { return verify(*options); }; });
}

}  // namespace cli
