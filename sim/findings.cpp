// Names and exit codes of the invariants.
#include "sim/findings.h"

#include <utility>

namespace sim {

const char* name_of(Invariant invariant) {
  switch (invariant) {
    case Invariant::exactly_once:
      return "exactly_once";
    case Invariant::no_lost_write:
      return "no_lost_write";
    case Invariant::no_resurrected_write:
      return "no_resurrected_write";
    case Invariant::no_corruption:
      return "no_corruption";
    case Invariant::late_write_rule:
      return "late_write_rule";
    case Invariant::no_false_failure:
      return "no_false_failure";
    case Invariant::send_budget:
      return "send_budget";
    case Invariant::counters_at_rest:
      return "counters_at_rest";
    case Invariant::transport_contract:
      return "transport_contract";
    case Invariant::out_of_use:
      return "out_of_use";
    case Invariant::settings_in_force:
      return "settings_in_force";
    case Invariant::reservation_kept:
      return "reservation_kept";
    case Invariant::conflict_surfaced:
      return "conflict_surfaced";
    case Invariant::fence_holds:
      return "fence_holds";
    case Invariant::registration_kept:
      return "registration_kept";
    case Invariant::io_completes:
      return "io_completes";
    case Invariant::path_recovers:
      return "path_recovers";
    case Invariant::no_path_deadline:
      return "no_path_deadline";
    case Invariant::stall_bound:
      return "stall_bound";
    case Invariant::determinism:
      return "determinism";
  }
  return "?";
}

ExitCode exit_code_of(Invariant invariant) {
  switch (invariant) {
    case Invariant::io_completes:
    case Invariant::path_recovers:
    case Invariant::no_path_deadline:
    case Invariant::stall_bound:
      return kExitLiveness;
    case Invariant::determinism:
      return kExitNondeterminism;
    default:
      return kExitSafety;
  }
}

void Findings::add(Invariant invariant, uint64_t at_ns, std::string text) {
  if (list_.size() < kKept) {
    list_.push_back({invariant, at_ns, std::move(text)});
  }
}

bool Findings::has(Invariant invariant) const {
  for (const Finding& finding : list_) {
    if (finding.invariant == invariant) {
      return true;
    }
  }
  return false;
}

}  // namespace sim
