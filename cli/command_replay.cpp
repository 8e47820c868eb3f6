// dsmkit replay TRACE [--print]
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/profile_file.h"
#include "replay/replay.h"

namespace cli {
namespace {

constexpr size_t kMaxTraceBytes = size_t{1} << 30;

int run(const std::string& file, bool print) {
  std::string trace;
  std::string error;
  if (!read_text(file, kMaxTraceBytes, trace, error)) {
    return fail(kExitUnavailable, error);
  }
  replay::Options options;
  if (print) {
    options.print = [](const std::string& line) { fmt::print("{}\n", line); };
  }
  const replay::Result result =
      replay::replay({reinterpret_cast<const uint8_t*>(trace.data()), trace.size()}, options);
  switch (result.verdict) {
    case replay::Verdict::same:
      fmt::print("the same: {} inputs, {} decisions, {} picks, {} module{}\n", result.inputs,
                 result.decisions, result.picks, result.modules, result.modules == 1 ? "" : "s");
      return kExitOk;
    case replay::Verdict::different:
      fmt::print("{}\n", result.message);
      return fail(kExitFailed,
                  fmt::format("{}: the DSM decides otherwise now, after {} inputs with "
                              "the same decisions",
                              file, result.inputs));
    case replay::Verdict::unreadable:
      break;
  }
  return fail(kExitUsage, file + ": " + result.message);
}

}  // namespace

void add_replay_command(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "replay", "Replay a trace of the DSM (docs/traces.md) and compare every decision");
  auto file = std::make_shared<std::string>();
  auto print = std::make_shared<bool>(false);
  command->add_option("trace", *file, "The trace, or - for standard input")->required();
  command->add_flag("--print", *print, "Print every record as one line");
  command->callback([&invocation, file, print] {
    invocation.run = [file, print] { return run(*file, *print); };
  });
}

}  // namespace cli
