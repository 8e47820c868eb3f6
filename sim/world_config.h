// Everything about a world but its faults, drawn from the seed.
#pragma once

#include <cstdint>
#include <string>

#include "array/config.h"
#include "sim/deed_plan.h"
#include "sim/fabric.h"
#include "sim/fault_plan.h"
#include "sim/workload.h"

namespace sim {

struct WorldConfig {
  uint64_t seed = 0;
  uint32_t paths = 2;
  uint64_t blocks = 1024;
  uint64_t timer_grain_ns = 0;
  uint64_t fault_span_ns = 10 * kSecond;
  uint32_t policy = 2;  // for this run, by the numbers of dsm::PolicyId; 0: as the settings say
  array::Config array;
  FabricConfig fabric;
  WorkloadConfig workload;
  WorkloadConfig second_workload;  // of the second host, where there is one
  Features features;
  std::vector<Deed> deeds;
};
WorldConfig draw_world(uint64_t seed);
std::string text_of(const WorldConfig& config);

}  // namespace sim
