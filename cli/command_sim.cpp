// dsmkit sim: seeds of the simulated world - array, network, disk and DSM on one virtual clock.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/trace_file.h"
#include "sim/indices.h"
#include "sim/runner.h"

namespace cli {
namespace {

// An option that chooses by number: "1,4,7" or "none".
template <typename Chosen>
CLI::Option* add_choice(CLI::App& command, const char* name, const std::string& what,
                        Chosen chosen) {
  return command
      .add_option_function<std::string>(
          name,
          [name, chosen](const std::string& text) {
            if (!sim::parse_indices(text, chosen().emplace())) {
              throw CLI::ValidationError(
                  name, "\"" + text + "\" is neither none nor numbers with commas between them");
            }
          },
          what + ": 1,4,7, or none")
      ->type_name("NUMBERS");
}

}  // namespace

void add_sim_command(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "sim", "Run the disk through seeded faults in a simulated world, or replay one seed");
  auto runner = std::make_shared<sim::RunnerOptions>();
  auto one = std::make_shared<sim::SeedOptions>();
  command->add_option("--count", runner->count, "Seeds to run")->capture_default_str();
  command->add_option("--from", runner->from, "The first")->capture_default_str();
  command->add_option("--workers", runner->workers, "Processes")->capture_default_str();
  CLI::Option* seed =
      command->add_option("--seed", one->seed, "Replay this one, with its timeline");
  add_choice(
      *command, "--faults",
      "Only these of its faults", [one]() -> auto& { return one->only_faults; })
      ->needs(seed);
  add_choice(
      *command, "--deeds", "Only these of its deeds (settings, paths, reservations)",
      [one]() -> auto& { return one->only_deeds; })
      ->needs(seed);
  command->add_option("--requests", one->requests, "At most so many requests")->needs(seed);
  auto record = std::make_shared<std::string>();
  command->add_option("--record", *record, "Write a trace of the disk's DSM (docs/traces.md)")
      ->type_name("FILE")
      ->needs(seed);
  command->callback([&invocation, runner, one, seed, record] {
    const bool single = seed->count() != 0;
    invocation.run = [runner, one, single, record]() -> int {
      one->keep_timeline = true;
      TraceFile trace;
      if (!record->empty()) {
        if (const std::string error = trace.open(*record); !error.empty()) {
          return fail(kExitUnavailable, error);
        }
        one->trace = trace.sink();
      }
      const sim::ExitCode code =
          single ? sim::replay_seed(*one, stdout) : sim::run_seeds(*runner, stdout).exit_code;
      if (const std::string error = trace.close(); !error.empty()) {
        return fail(kExitFailed, error);
      }
      return code == sim::kExitPass ? kExitOk : kExitFailed;
    };
  });
}

}  // namespace cli
