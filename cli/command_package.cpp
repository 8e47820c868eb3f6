// dsmkit package PROFILE -o DIR [--certificate FILE --key FILE] [--timestamp-url URL] [--date DATE]
// From a vendor's profile to a driver package that installs.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "cli/command.h"
#include "cli/driver_date.h"
#include "cli/exit_codes.h"
#include "cli/package/construction.h"
#include "cli/package/folder_lock.h"
#include "cli/package/needs.h"
#include "cli/package/work.h"
#include "cli/profile_file.h"

namespace cli {
namespace {

struct PackageOptions {
  std::string profile;
  std::string output;
  std::string certificate;
  std::string key;
  std::string timestamp_url;
  std::string date;
  std::string source = DSMKIT_SOURCE_DIR;
  std::string build;
};

struct Step {
  const char* name;
  std::string (*make)(Work& work);
};

// Each takes what the ones before it have made.
constexpr Step kSteps[] = {
    {"driver", make_driver},   {"INF", make_inf}, {"catalog", make_catalog},
    {"installer", make_setup}, {"MSI", make_msi},
};

// Whoever types Ctrl-C shall not find half a package: the tools end by it, and then this command
// by itself.
volatile std::sig_atomic_t interrupted = 0;

void on_interrupt(int signal) {
  interrupted = signal;
}

std::string absolute(const std::string& path) {
  return path.empty() ? path : std::filesystem::absolute(path).lexically_normal().string();
}

// One step after another, until one fails. "": all are done.
std::string run_steps(Work& work) {
  FolderLock lock;
  std::string error = lock.take(work.build);
  for (const Step& step : kSteps) {
    if (!error.empty()) {
      break;
    }
    const auto begun = std::chrono::steady_clock::now();
    error = step.make(work);
    if (interrupted != 0) {
      error = "interrupted; nothing was made";
    } else if (!error.empty()) {
      error = fmt::format("{}: {}", step.name, error);
    } else {
      const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begun;
      fmt::print("{:<10} {:5.1f} s\n", step.name, taken.count());
      std::fflush(stdout);
    }
  }
  if (error.empty() && work.signing.certificate.empty()) {
    error = take(work, "test-certificate/certificate.pem", work.files.test_certificate);
  }
  return error;
}

void print_result(const std::string& output, const std::vector<std::string>& files,
                  const Work& work) {
  fmt::print("{}: {} files\n", output, files.size());
  for (const std::string& file : files) {
    fmt::print("  {}\n", file);
  }
  if (work.signing.certificate.empty()) {
    fmt::print(
        "Signed for tests: Windows takes it in test mode (bcdedit /set testsigning on), with {} in "
        "the stores Root and TrustedPublisher. --certificate and --key sign it as yours.\n",
        work.files.test_certificate);
  }
}

int build(const PackageOptions& options, const profile::Profile& profile, const DriverDate& date) {
  Work work{.profile = profile,
            .identity = profile::identity_of(profile),
            .files = {},
            .date = date.date,
            .signing = {absolute(options.certificate), absolute(options.key), options.timestamp_url,
                        std::nullopt},
            .source = absolute(options.source),
            .build = {},
            .folder = {}};
  work.files = package::files_of(work.identity);
  // Objects that all vendors share lie beside it.
  work.build = options.build.empty() ? work.source + "/build/package-" + work.identity.service
                                     : absolute(options.build);
  if (date.is_given) {
    work.signing.time = seconds_of(date.date);
  }
  if (const std::string missing = missing_for_package(work.source); !missing.empty()) {
    return fail(kExitUnavailable, missing);
  }
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);
  Construction construction(options.output);
  std::string error = construction.begin();
  if (!error.empty()) {
    return fail(kExitUnavailable, error);
  }
  work.folder = construction.folder();
  error = run_steps(work);
  std::vector<std::string> files;
  error = error.empty() ? construction.finish(files) : error;
  if (!error.empty()) {
    return fail(kExitFailed, error);
  }
  print_result(options.output, files, work);
  return kExitOk;
}

int run(const PackageOptions& options) {
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
  for (const std::string& file : {options.certificate, options.key}) {
    if (!file.empty() && !std::filesystem::exists(file)) {
      return fail(kExitUsage, file + ": there is no such file; give it in PEM");
    }
  }
  return build(options, *profile, date);
}

}  // namespace

void add_package_command(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<PackageOptions>();
  CLI::App* command = app.add_subcommand(
      "package", "From a vendor's profile to a Windows driver package that installs");
  command->add_option("profile", options->profile, "A profile (TOML), or - for standard input")
      ->required();
  command->add_option("-o,--output", options->output, "The folder for it; other files there stay")
      ->required();
  CLI::Option* certificate = command->add_option("--certificate", options->certificate,
                                                 "Sign with it (PEM); else with one for tests");
  CLI::Option* key = command->add_option("--key", options->key, "Its private key (PEM)");
  certificate->needs(key);
  key->needs(certificate);
  command->add_option("--timestamp-url", options->timestamp_url,
                      "An authority (RFC 3161) that confirms when it was signed");
  add_driver_date_option(*command, options->date);
  command->add_option("--source", options->source, "A source tree of dsmkit, of which it is built")
      ->capture_default_str();
  command->add_option(
      "--build-dir", options->build,
      "What was compiled stays here; else build/package-SERVICE in the source tree");
  command->callback(
      [&invocation, options] { invocation.run = [options] { return run(*options); }; });
}

}  // namespace cli
