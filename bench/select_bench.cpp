// What the DSM adds to each command: select, begin and complete, as CPU time, with 16 commands
// under way. Targets: every policy but least blocks 20 ns with 8 paths and 40 ns with 32; with two
// threads on one LUN, each with its own lane, at most twice that. The loop itself is measured too,
// to be subtracted, and round robin once more with statistics.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdio>
#include <map>
#include <string>
#include <utility>

#include "bench/select_world.h"

namespace {

// Begins each command `kDepth` commands before it completes, so that queues are not all empty.
constexpr unsigned kDepth = 16;

enum class Looks { at_nothing, at_shapes };

template <Looks kLooks, typename Complete>
void run(benchmark::State& state, dsm::Lun& lun, Complete&& complete) {
  const auto lane = static_cast<unsigned>(state.thread_index());
  std::array<dsm::Token, kDepth> tokens;
  bench::Shapes shapes;
  unsigned next = 0;
  for (auto _ : state) {
    dsm::Token& token = tokens[next];
    next = (next + 1) % kDepth;
    if (token.counted()) {
      benchmark::DoNotOptimize(complete(token));
    }
    const dsm::Pick pick =
        dsm::select(lun, lane, kLooks == Looks::at_shapes ? shapes.next() : dsm::Shape{});
    if (!pick.found() || !dsm::begin(token, lun, lane, pick)) {
      state.SkipWithError("there must be a path");
      break;
    }
    benchmark::DoNotOptimize(token);
  }
  for (dsm::Token& token : tokens) {
    if (token.counted()) {
      dsm::complete(token);
    }
  }
}

dsm::Lun& lun_of(dsm::PolicyId policy, unsigned paths) {
  static std::map<std::pair<dsm::PolicyId, unsigned>, bench::World> worlds;
  return worlds.try_emplace({policy, paths}, policy, paths).first->second.lun();
}

void loop_alone(benchmark::State& state) {
  std::array<dsm::Token, kDepth> tokens;
  unsigned next = 0;
  for (auto _ : state) {
    dsm::Token& token = tokens[next];
    next = (next + 1) % kDepth;
    benchmark::DoNotOptimize(token);
  }
}

void register_policy(const dsm::Policy& policy, unsigned paths) {
  const std::string name = std::string(policy.name) + "/" + std::to_string(paths) + "_paths";
  dsm::Lun& lun = lun_of(policy.id, paths);
  const auto complete = [](dsm::Token& token) { return dsm::complete(token); };
  const auto measure = [&lun, complete, &policy](benchmark::State& state) {
    if (policy.id == dsm::PolicyId::least_blocks) {
      run<Looks::at_shapes>(state, lun, complete);
    } else {
      run<Looks::at_nothing>(state, lun, complete);
    }
  };
  benchmark::RegisterBenchmark(name.c_str(), measure)->Threads(1)->Threads(2);
}

void register_statistics() {
  dsm::Lun& lun = lun_of(dsm::PolicyId::round_robin, 8);
  const auto complete = [](dsm::Token& token) {
    return dsm::complete(token, {.bytes = 4096, .direction = dsm::Direction::read});
  };
  const auto measure = [&lun, complete](benchmark::State& state) {
    run<Looks::at_nothing>(state, lun, complete);
  };
  benchmark::RegisterBenchmark("round-robin/8_paths/statistics", measure)->Threads(1)->Threads(2);
}

void print_sizes() {
  std::printf("memory: %zu bytes per LUN and lane", sizeof(dsm::Lane));
  for (const size_t paths : {size_t{2}, size_t{8}, size_t{32}}) {
    std::printf(", %zu per nexus and lane of %zu nexuses", sizeof(dsm::Lane) / paths, paths);
  }
  std::printf("; %zu bytes per nexus, %zu per path, %zu per LUN\n", sizeof(dsm::Nexus),
              sizeof(dsm::Path), sizeof(dsm::Lun));
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
    return 2;
  }
  print_sizes();
  benchmark::RegisterBenchmark("loop_alone", loop_alone);
  for (const unsigned paths : {8U, 32U}) {
    for (const dsm::Policy& policy : dsm::policies()) {
      register_policy(policy, paths);
    }
  }
  register_statistics();
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
