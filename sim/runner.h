// Runs many seeds in several processes, so that an assertion in one costs only that one; shrinks
// what fails; says how to replay it. `dsmkit sim` and the test program sim_seeds are thin wrappers
// around it.
#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>

#include "sim/seed.h"

namespace sim {

// Runs one seed of some host: run_seed, or another's.
using SeedRunner = std::function<SeedResult(const SeedOptions&)>;

struct RunnerOptions {
  uint64_t from = 1;
  uint64_t count = 1000;
  unsigned workers = 2;
  // Every so many seeds one is run again and must go the same way; 0: never.
  unsigned determinism_every = 20;
  // Stop handing out seeds after so many failures.
  unsigned max_failures = 5;
  bool shrink = true;
  Mutant mutant = Mutant::none;
  const char* replay_command = "dsmkit sim";
  SeedRunner run = run_seed;
};

struct RunnerReport {
  ExitCode exit_code = kExitPass;  // of the first failure by seed
  uint64_t seeds = 0;
  uint64_t failures = 0;
  uint64_t first_failing_seed = 0;
  Stalls stalls;
  uint64_t requests = 0;
  uint64_t events = 0;
  uint64_t late_executions = 0;
};

// One line per failing seed on `out`, and a summary at the end.
RunnerReport run_seeds(const RunnerOptions& options, std::FILE* out);

// One seed in this process, with its timeline on `out` if asked for. Twice, to see that it goes the
// same way.
ExitCode replay_seed(const SeedOptions& options, std::FILE* out, const SeedRunner& run = run_seed);

// The outcome of one seed run in a process of its own.
struct Outcome {
  bool failed = false;
  bool assertion = false;
  Invariant invariant = Invariant::exactly_once;  // the first broken one; not for an assertion
  std::string text;
};
Outcome run_isolated(const SeedOptions& options, const SeedRunner& run);

// Leaves out faults and requests as long as the same invariant still breaks.
SeedOptions shrink(const SeedOptions& failing, const Outcome& outcome, const SeedRunner& run);

}  // namespace sim
