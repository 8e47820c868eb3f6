// dsmkit sim: seeds of the simulated world - array, network, disk and DSM on one virtual clock.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/trace_file.h"
#include "sim/runner.h"

namespace cli {

void add_sim_command(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "sim", "Run the disk through seeded faults in a simulated world, or replay one seed");
  auto runner = std::make_shared<sim::RunnerOptions>();
  auto one = std::make_shared<sim::SeedOptions>();
  auto faults = std::make_shared<std::vector<uint32_t>>();
  auto deeds = std::make_shared<std::vector<uint32_t>>();
  command->add_option("--count", runner->count, "Seeds to run")->capture_default_str();
  command->add_option("--from", runner->from, "The first")->capture_default_str();
  command->add_option("--workers", runner->workers, "Processes")->capture_default_str();
  CLI::Option* seed =
      command->add_option("--seed", one->seed, "Replay this one, with its timeline");
  CLI::Option* only = command->add_option("--faults", *faults, "Only these of its faults: 1,4,7")
                          ->delimiter(',')
                          ->needs(seed);
  CLI::Option* only_deeds =
      command
          ->add_option("--deeds", *deeds, "Only these of its deeds (settings, paths, reservations)")
          ->delimiter(',')
          ->needs(seed);
  command->add_option("--requests", one->requests, "At most so many requests")->needs(seed);
  auto record = std::make_shared<std::string>();
  command->add_option("--record", *record, "Write a trace of the disk's DSM (docs/traces.md)")
      ->type_name("FILE")
      ->needs(seed);
  command->callback([&invocation, runner, one, faults, deeds, seed, only, only_deeds, record] {
    const bool single = seed->count() != 0;
    if (only->count() != 0) {
      one->only_faults = *faults;
    }
    if (only_deeds->count() != 0) {
      one->only_deeds = *deeds;
    }
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
