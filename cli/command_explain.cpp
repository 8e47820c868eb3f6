// dsmkit explain inquiry|vpd|rtpg|sense|pr-... FILE|- [--json]
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/explain/explain.h"
#include "scsi/hex_text.h"

namespace cli {
namespace {

constexpr size_t kMaxTextBytes = size_t{8} << 20;
constexpr size_t kMaxDataBytes = size_t{1} << 20;

using Decoder = explain::Document (*)(base::Bytes);
struct Kind {
  const char* name;
  const char* help;
  Decoder decode;
};
constexpr std::array<Kind, 8> kKinds = {{
    {"inquiry", "standard INQUIRY data", &explain::inquiry},
    {"vpd", "a vital product data page, header included", &explain::vpd},
    {"rtpg", "REPORT TARGET PORT GROUPS data", &explain::target_port_groups},
    {"sense", "sense data, and the error rule and verdict that follow from it", &explain::sense},
    {"pr-keys", "PERSISTENT RESERVE IN data: READ KEYS", &explain::reservation_keys},
    {"pr-reservation", "... READ RESERVATION", &explain::reservation},
    {"pr-capabilities", "... REPORT CAPABILITIES", &explain::reservation_capabilities},
    {"pr-status", "... READ FULL STATUS", &explain::reservation_status},
}};

struct Options {
  std::string file;
  bool json = false;
};

// The whole of FILE or standard input; empty optional with `error` set.
std::optional<std::string> read_all(const std::string& file, std::string& error) {
  const bool standard = file == "-";
  std::FILE* in = standard ? stdin : std::fopen(file.c_str(), "rb");
  if (in == nullptr) {
    error = fmt::format("cannot open {}: {}", file, std::strerror(errno));
    return std::nullopt;
  }
  std::string text;
  std::array<char, 65536> chunk;
  size_t got = 0;
  while (text.size() <= kMaxTextBytes &&
         (got = std::fread(chunk.data(), 1, chunk.size(), in)) > 0) {
    text.append(chunk.data(), got);
  }
  const bool bad = std::ferror(in) != 0;
  const int reason = errno;
  if (!standard) {
    std::fclose(in);
  }
  if (bad || text.size() > kMaxTextBytes) {
    error = bad ? fmt::format("cannot read {}: {}", file, std::strerror(reason))
                : fmt::format("{} holds more text than SCSI data can need", file);
    return std::nullopt;
  }
  return text;
}

int run(const Kind& kind, const Options& options) {
  std::string error;
  const auto text = read_all(options.file, error);
  if (!text) {
    return fail(kExitUnavailable, error);
  }
  std::vector<uint8_t> bytes(kMaxDataBytes);
  const scsi::HexTextResult parsed = scsi::parse_hex_text(*text, bytes);
  if (parsed.error != nullptr) {
    return fail(kExitUsage, fmt::format("{}:{}:{}: {}; the input is ASCII hex, as sg3-utils prints "
                                        "and reads it (for example \"70 00 06 ...\", # comments)",
                                        options.file == "-" ? "standard input" : options.file,
                                        parsed.line, parsed.column, parsed.error));
  }
  bytes.resize(parsed.bytes);
  const explain::Document document = kind.decode(bytes);
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
    sub->callback([&invocation, &kind, options] {
      invocation.run = [&kind, options] { return run(kind, *options); };
    });
  }
}

}  // namespace cli
