// dsmkit explain inquiry|vpd|rtpg|sense|pr-... FILE|- [--json] [--profile FILE]
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/explain/explain.h"
#include "cli/profile_file.h"
#include "scsi/hex_text.h"

namespace cli {
namespace {

constexpr size_t kMaxTextBytes = size_t{8} << 20;
constexpr size_t kMaxDataBytes = size_t{1} << 20;

using Decoder = explain::Document (*)(base::Bytes, const profile::Profile*);
// Data that mean the same for every vendor.
template <explain::Document (*kDecode)(base::Bytes)>
explain::Document plain(base::Bytes bytes, const profile::Profile* /*profile*/) {
  return kDecode(bytes);
}
struct Kind {
  const char* name;
  const char* help;
  Decoder decode;
};
constexpr std::array<Kind, 8> kKinds = {{
    {"inquiry", "standard INQUIRY data", &plain<explain::inquiry>},
    {"vpd", "a vital product data page, header included", &plain<explain::vpd>},
    {"rtpg", "REPORT TARGET PORT GROUPS data", &plain<explain::target_port_groups>},
    {"sense", "sense data, and the error rule and verdict that follow from it", &explain::sense},
    {"pr-keys", "PERSISTENT RESERVE IN data: READ KEYS", &plain<explain::reservation_keys>},
    {"pr-reservation", "... READ RESERVATION", &plain<explain::reservation>},
    {"pr-capabilities", "... REPORT CAPABILITIES", &plain<explain::reservation_capabilities>},
    {"pr-status", "... READ FULL STATUS", &plain<explain::reservation_status>},
}};

struct Options {
  std::string file;
  std::string profile;
  bool json = false;
};

int run(const Kind& kind, const Options& options) {
  int exit_code = kExitOk;
  std::shared_ptr<const profile::Profile> profile;
  if (!options.profile.empty() && !(profile = load_profile(options.profile, exit_code))) {
    return exit_code;
  }
  std::string error;
  std::string text;
  if (!read_text(options.file, kMaxTextBytes, text, error)) {
    return fail(kExitUnavailable, error);
  }
  std::vector<uint8_t> bytes(kMaxDataBytes);
  const scsi::HexTextResult parsed = scsi::parse_hex_text(text, bytes);
  if (parsed.error != nullptr) {
    return fail(kExitUsage, fmt::format("{}:{}:{}: {}; the input is ASCII hex, as sg3-utils prints "
                                        "and reads it (for example \"70 00 06 ...\", # comments)",
                                        options.file == "-" ? "standard input" : options.file,
                                        parsed.line, parsed.column, parsed.error));
  }
  bytes.resize(parsed.bytes);
  const explain::Document document = kind.decode(bytes, profile.get());
  if (document.contains("error")) {
    return fail(kExitUsage, document["error"].get<std::string>());
  }
  std::fputs(options.json ? (document.dump(2) + "\n").c_str() : explain::to_text(document).c_str(),
             stdout);
  return kExitOk;
}

}  // namespace

void add_explain_command(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "explain", "Decode SCSI data (ASCII hex) and, for sense, show the error rule that applies");
  command->require_subcommand(1);
  for (const Kind& kind : kKinds) {
    auto options = std::make_shared<Options>();
    CLI::App* sub = command->add_subcommand(kind.name, kind.help);
    sub->add_option("file", options->file, "File with ASCII hex, or - for standard input")
        ->required();
    sub->add_flag("--json", options->json, "Print JSON");
    if (kind.decode == &explain::sense) {
      sub->add_option("--profile", options->profile,
                      "Whose rules stand in front: a vendor's profile (docs/profiles.md)")
          ->type_name("FILE");
    }
    sub->callback([&invocation, &kind, options] {
      invocation.run = [&kind, options] { return run(kind, *options); };
    });
  }
}

}  // namespace cli
