// Runs seeds of the simulated world; the test of ./run-tests, and by hand the tool that replays a
// failing one.
//
//   sim_seeds --count 10000 [--from N] [--mutant NAME] [--workers N]
//   sim_seeds --seed N [--faults 1,4] [--deeds 2,3] [--requests N] [--quiet]
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "sim/indices.h"
#include "sim/runner.h"

namespace {

int usage(const char* what) {
  std::fprintf(stderr,
               "sim_seeds: %s\n"
               "usage: sim_seeds --count N [--from N] [--mutant NAME] [--workers N]\n"
               "       sim_seeds --seed N [--faults I,J,...|none] [--deeds I,J,...|none] "
               "[--requests N] [--mutant NAME] [--quiet]\n",
               what);
  return 2;
}

bool parse_mutant(const std::string& name, sim::Mutant& out) {
  for (unsigned i = 0; i < sim::kMutants; ++i) {
    if (name == sim::name_of(static_cast<sim::Mutant>(i))) {
      out = static_cast<sim::Mutant>(i);
      return true;
    }
  }
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  sim::RunnerOptions runner;
  runner.replay_command = "sim_seeds";
  sim::SeedOptions one;
  one.keep_timeline = true;
  bool single = false;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--quiet") {
      one.keep_timeline = false;
      continue;
    }
    if (i + 1 == argc) {
      return usage(("a value is missing after, or there is no option, " + word).c_str());
    }
    const char* const value = argv[++i];
    const uint64_t number = std::strtoull(value, nullptr, 10);
    if (word == "--count") {
      runner.count = number;
    } else if (word == "--from") {
      runner.from = number;
    } else if (word == "--workers") {
      runner.workers = static_cast<unsigned>(number);
    } else if (word == "--seed") {
      one.seed = number;
      single = true;
    } else if (word == "--requests") {
      one.requests = static_cast<uint32_t>(number);
    } else if (word == "--faults" || word == "--deeds") {
      auto& only = word == "--faults" ? one.only_faults : one.only_deeds;
      if (!sim::parse_indices(value, only.emplace())) {
        return usage((word + " takes none or numbers with commas between them").c_str());
      }
    } else if (word == "--mutant") {
      if (!parse_mutant(value, one.mutant)) {
        return usage((std::string("there is no mutant called ") + value).c_str());
      }
      runner.mutant = one.mutant;
    } else {
      return usage(("there is no option " + word).c_str());
    }
  }
  return single ? sim::replay_seed(one, stdout) : sim::run_seeds(runner, stdout).exit_code;
}
