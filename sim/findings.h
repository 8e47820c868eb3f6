// What the checkers found. Each invariant has a stable name: a shrunk seed counts only when it
// breaks the same one, and the exit code says at a glance what kind of failure it is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sim {

enum class Invariant : uint8_t {
  // Safety.
  exactly_once,   // a request completed twice, or inside submit(), or before it was submitted
  no_lost_write,  // a read shows a block older than an acknowledged write
  no_resurrected_write,  // a read shows a block older than what was seen, or known to be
                         // overwritten
  no_corruption,         // a read shows what nobody wrote there
  late_write_rule,       // a newer write was sent while an older overlapping one may still execute
  no_false_failure,      // an I/O failed though a usable path was there
  send_budget,           // a storm: more sends or logins than any plan of faults explains
  counters_at_rest,      // something is still counted, held or armed after the world came to rest
  transport_contract,    // a call that mpio/transport.h forbids
  out_of_use,            // a path that was removed, or taken out of use, carried I/O
  settings_in_force,     // the disk does not do what the settings say
  reservation_kept,      // the array let somebody in, or kept somebody out, against a reservation
  conflict_surfaced,     // RESERVATION CONFLICT was tried again instead of told
  fence_holds,           // a host that was thrown out came back by itself
  registration_kept,     // the array's registrations are not what the client was told
  // Liveness.
  io_completes,      // a request is still open after its computed deadline
  path_recovers,     // a healed path is not in use again
  no_path_deadline,  // with no path at all, a request was held for longer than promised
  stall_bound,       // a fault held up I/O for longer than this kind of fault may
  // The simulator itself.
  determinism,  // a second run of the seed went another way
};
const char* name_of(Invariant invariant);

enum ExitCode : int {
  kExitPass = 0,
  kExitAssertion = 10,
  kExitSafety = 11,
  kExitLiveness = 12,
  kExitNondeterminism = 13,
};
ExitCode exit_code_of(Invariant invariant);

struct Finding {
  Invariant invariant = Invariant::exactly_once;
  uint64_t at_ns = 0;
  std::string text;
};

class Findings {
 public:
  // Only the first few are kept: one broken rule often breaks it a thousand times.
  void add(Invariant invariant, uint64_t at_ns, std::string text);
  bool empty() const { return list_.empty(); }
  const std::vector<Finding>& list() const { return list_; }
  bool has(Invariant invariant) const;

 private:
  static constexpr size_t kKept = 8;
  std::vector<Finding> list_;
};

}  // namespace sim
