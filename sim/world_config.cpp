// See world_config.h.
#include "sim/world_config.h"

#include <cstdio>

#include "base/prng.h"

namespace sim {

using array::AluaMode;
using scsi::AccessState;

namespace {

// The first host has the first half, the second the other one but for the guarded blocks at the
// end.
void share_blocks(WorldConfig& config) {
  config.workload.blocks = config.blocks / 2;
  WorkloadConfig& second = config.second_workload;
  second = config.workload;
  second.seed = config.seed + 0x5ec0'0000'0000;
  second.first_block = config.workload.blocks;
  second.blocks = config.blocks - second.first_block - kGuardedBlocks;
  second.requests = config.workload.requests / 2;
}

}  // namespace

WorldConfig draw_world(uint64_t seed) {
  base::Prng prng = base::Prng::stream(seed, 0x776f726c64);
  WorldConfig config;
  config.seed = seed;
  config.paths = static_cast<uint32_t>(prng.between(2, 4));
  config.timer_grain_ns = prng.chance(1, 2) ? 0 : prng.between(1, 10) * kMillisecond;
  config.fault_span_ns = prng.between(4, 14) * kSecond;
  config.policy = static_cast<uint32_t>(prng.between(1, 6));

  config.array.controllers = 2;
  for (uint32_t path = 0; path < config.paths; ++path) {
    config.array.ports.push_back({path % 2});
  }
  config.array.luns.push_back({.size_bytes = config.blocks * 512});
  config.array.alua = static_cast<AluaMode>(prng.below(4));
  config.array.symmetric = config.array.alua == AluaMode::none || prng.chance(1, 3);
  config.array.passive_state =
      prng.chance(1, 2) ? AccessState::active_nonoptimized : AccessState::standby;

  config.fabric.seed = seed;
  config.fabric.paths = config.paths;
  config.fabric.latency_ns = prng.between(20, 1000) * kMicrosecond;
  config.fabric.jitter_ns = prng.below(2000) * kMicrosecond;
  config.fabric.service_ns =
      prng.chance(1, 4) ? 20 * kMillisecond : prng.between(50, 500) * kMicrosecond;
  config.fabric.login_ns = prng.between(1, 100) * kMillisecond;
  config.fabric.lost_reset_percent = static_cast<uint32_t>(prng.below(3) * 20);
  config.fabric.parses_dead_connections = prng.chance(2, 3);

  WorkloadConfig& load = config.workload;
  load.seed = seed;
  load.requests = static_cast<uint32_t>(prng.between(100, 300));
  load.depth = static_cast<uint32_t>(prng.between(1, 16));
  load.max_blocks = static_cast<uint32_t>(prng.between(1, 8));
  load.hot_ranges = static_cast<uint32_t>(prng.between(1, 4));
  load.hot_blocks = prng.between(8, 24);
  load.overlap_in_time = prng.chance(1, 3);
  load.burst = static_cast<uint32_t>(prng.between(4, 24));
  // The load lasts about as long as the faults do.
  load.max_pause_ns = 2 * config.fault_span_ns * load.burst / load.requests;
  load.reads = static_cast<uint32_t>(prng.below(6));
  load.writes = static_cast<uint32_t>(prng.between(2, 10));
  load.rewrites = static_cast<uint32_t>(prng.below(10));
  load.flushes = static_cast<uint32_t>(prng.below(2));
  load.trims = static_cast<uint32_t>(prng.below(2));
  load.zeroes = static_cast<uint32_t>(prng.below(2));

  config.fabric.lanes = static_cast<uint32_t>(prng.chance(1, 2) ? 1 : prng.between(2, 3));

  config.features = draw_features(seed);
  if (config.features.reservations) {
    config.fabric.lanes = 1;  // docs/reservations.md
    share_blocks(config);
  }
  if (config.features.settings && seed % 2 == 0) {
    config.policy = 0;
  }
  config.deeds = draw_deeds(seed, {config.features, config.paths, config.fault_span_ns});
  return config;
}

std::string text_of(const WorldConfig& config) {
  char line[500];
  std::snprintf(
      line, sizeof line,
      "seed %llu: %u paths, %u lanes, alua %u %s passive %u, policy %u, timer grain %llu ms, "
      "faults over "
      "%llu s; "
      "%u requests, depth %u, up to %u blocks, %u ranges of %llu%s; deeds:%s%s%s%s%s%s",
      static_cast<unsigned long long>(config.seed), config.paths, config.fabric.lanes,
      static_cast<unsigned>(config.array.alua), config.array.symmetric ? "symmetric" : "asymmetric",
      static_cast<unsigned>(config.array.passive_state), config.policy,
      static_cast<unsigned long long>(config.timer_grain_ns / kMillisecond),
      static_cast<unsigned long long>(config.fault_span_ns / kSecond), config.workload.requests,
      config.workload.depth, config.workload.max_blocks, config.workload.hot_ranges,
      static_cast<unsigned long long>(config.workload.hot_blocks),
      config.workload.overlap_in_time ? ", overlapping in time" : "",
      config.features.settings ? " settings" : "", config.features.membership ? " membership" : "",
      config.features.reservations ? " reservations" : "",
      config.features.neighbour == Neighbour::disk        ? " (two disks)"
      : config.features.neighbour == Neighbour::initiator ? " (disk and initiator)"
                                                          : "",
      config.features.persists ? " aptpl" : "", config.features.fresh_keys ? " fresh-keys" : "");
  return line;
}

}  // namespace sim
