// One seed: a whole world is drawn from it, run to its end and judged.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dsm/trace/recorder.h"
#include "sim/findings.h"
#include "sim/stalls.h"

namespace sim {

// Faults planted in the simulator's own layers to prove that the judges see them.
enum class Mutant : uint8_t {
  none,
  executes_twice,   // the target executes a write again, 2 s later
  fresh_isid,       // logins do not reinstate: old sessions live on at the target
  settles_at_once,  // the disk believes that a given-up write is settled after 1 ms
  completes_twice,  // a wrapper around the disk completes a request twice
  loses_a_write,    // a wrapper around the disk acknowledges a write that it never made
  ignores_fail,     // a path that the administrator takes out of use stays in use
  ignores_removal,  // a path that is removed stays
  forgets_changes,  // a change of the settings is acknowledged and not made
  // A wire that lies about reservations, so that the disk does what a wrong one would.
  skips_registration,  // a path that comes (back) counts as registered, and is not
  forgets_aptpl,       // registrations do not ask to persist
  lets_fenced_in,      // a host that was thrown out finds its keys, and registers again
  retries_conflicts,   // RESERVATION CONFLICT counts as a failure of the path
};
const char* name_of(Mutant mutant);
inline constexpr unsigned kMutants = 13;

struct SeedOptions {
  uint64_t seed = 1;
  bool keep_timeline = false;
  // For shrinking: these entries of the fault plan and of the deeds only, and no more requests than
  // this (0: as drawn).
  std::optional<std::vector<uint32_t>> only_faults;
  std::optional<std::vector<uint32_t>> only_deeds;
  uint32_t requests = 0;
  Mutant mutant = Mutant::none;
  // Where the trace of the disk's module goes (docs/traces.md); not the second host's.
  dsm::trace::Sink trace;
};
// "--seed 7 --faults 1,4 --deeds none --requests 40"
std::string text_of(const SeedOptions& options);

struct SeedResult {
  Findings findings;
  uint64_t fingerprint = 0;
  Stalls stalls;
  uint64_t events = 0;
  uint64_t virtual_ns = 0;
  uint64_t late_executions = 0;
  uint32_t requests = 0;
  uint32_t failed_requests = 0;
  uint32_t fault_count = 0;           // in the plan as drawn
  uint32_t deed_count = 0;            // the same
  std::vector<std::string> timeline;  // when asked for: the plan, then one line per event
};
SeedResult run_seed(const SeedOptions& options);

}  // namespace sim
