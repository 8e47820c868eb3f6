// What goes wrong in one seed, and when: a list drawn once, before the run. Because it is a list, a
// failing seed can be shrunk by leaving entries out, and the rest of the run stays as it was.
//
// Swarm: each seed switches every kind of fault on or off by a coin of its own, so that some seeds
// see nothing but resets and others everything at once; a few see none, and in a few the outage is
// for ever.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sim {

enum class FaultKind : uint8_t {
  // One path's link.
  drop_requests,   // some commands never reach the target, the connection stays up
  drop_replies,    // some answers never come back
  delay,           // everything is slower
  reset,           // the connection is reset, once
  refuse_logins,   // the portal refuses connections
  black_hole_out,  // nothing arrives at the target
  black_hole_in,   // nothing comes back
  black_hole_both,
  freeze,  // the target's port stops reading; what has arrived waits
  // One controller.
  controller_crash,   // all its connections die; it comes back at the end
  controller_mute,    // the same without a reset: it just falls silent
  controller_freeze,  // all its ports stop reading for a while
  // The array's answers.
  access_change,  // the access states of the groups change, announced by unit attention
  transition,     // a group says "transitioning" for a while
  busy,           // BUSY status
  task_set_full,
  transient_sense,  // aborted command, not ready/becoming ready, parity ...
  unit_attention,   // a pending one for every nexus
};
inline constexpr unsigned kFaultKinds = 18;
const char* name_of(FaultKind kind);
// `on` is a controller (and the group of the same number), not a path.
inline bool is_controller_fault(FaultKind kind) {
  return kind == FaultKind::controller_crash || kind == FaultKind::controller_mute ||
         kind == FaultKind::controller_freeze || kind == FaultKind::access_change ||
         kind == FaultKind::transition;
}

struct Fault {
  FaultKind kind = FaultKind::reset;
  uint32_t on = 0;  // path, controller or target port group, by kind
  uint64_t begin_ns = 0;
  uint64_t end_ns = 0;     // UINT64_MAX: only the healing at the end of phase 1 ends it, if at all
  uint32_t intensity = 0;  // 1..100: per cent of the messages; delay: of the longest delay
};
std::string text_of(const Fault& fault);

enum class Mood : uint8_t {
  swarm,
  calm,       // no fault at all
  permanent,  // phase 2 does not heal: every path is lost for good
};

struct FaultPlan {
  Mood mood = Mood::swarm;
  std::vector<Fault> faults;  // by begin
};

struct PlanLimits {
  uint32_t paths = 4;
  uint32_t controllers = 2;
  uint64_t span_ns = 0;  // faults begin within it
};
FaultPlan draw_plan(uint64_t seed, const PlanLimits& limits);
// All controllers at once, now and then, for worlds in which somebody remembers. From a stream of
// its own; a plan without faults stays so.
void add_power_cycles(uint64_t seed, const PlanLimits& limits, FaultPlan& plan);

}  // namespace sim
