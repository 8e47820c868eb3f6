// See fault_plan.h.
#include "sim/fault_plan.h"

#include <algorithm>
#include <cstdio>

#include "base/prng.h"
#include "sim/clock.h"

namespace sim {
namespace {

constexpr uint64_t kStream = 0x6661756c74;
constexpr uint64_t kPowerStream = 0x706f776572;

uint32_t scope_of(FaultKind kind, const PlanLimits& limits) {
  return is_controller_fault(kind) ? limits.controllers : limits.paths;
}

// Most faults are short; one in four outlasts every deadline of the disk.
uint64_t draw_duration(base::Prng& prng) {
  if (prng.chance(1, 4)) {
    return prng.between(3 * kSecond, 15 * kSecond);
  }
  return prng.chance(1, 2) ? prng.between(kMillisecond, 300 * kMillisecond)
                           : prng.between(300 * kMillisecond, 3 * kSecond);
}

Fault draw_fault(base::Prng& prng, FaultKind kind, const PlanLimits& limits) {
  Fault fault;
  fault.kind = kind;
  fault.on = static_cast<uint32_t>(prng.below(scope_of(kind, limits)));
  fault.begin_ns = prng.below(limits.span_ns);
  fault.end_ns = kind == FaultKind::reset || kind == FaultKind::unit_attention
                     ? fault.begin_ns
                     : fault.begin_ns + draw_duration(prng);
  fault.intensity =
      static_cast<uint32_t>(uint64_t{1} << prng.below(7)) + static_cast<uint32_t>(prng.below(37));
  return fault;
}

void sort_by_begin(FaultPlan& plan) {
  std::stable_sort(plan.faults.begin(), plan.faults.end(),
                   [](const Fault& a, const Fault& b) { return a.begin_ns < b.begin_ns; });
}

}  // namespace

const char* name_of(FaultKind kind) {
  switch (kind) {
    case FaultKind::drop_requests:
      return "drop_requests";
    case FaultKind::drop_replies:
      return "drop_replies";
    case FaultKind::delay:
      return "delay";
    case FaultKind::reset:
      return "reset";
    case FaultKind::refuse_logins:
      return "refuse_logins";
    case FaultKind::black_hole_out:
      return "black_hole_out";
    case FaultKind::black_hole_in:
      return "black_hole_in";
    case FaultKind::black_hole_both:
      return "black_hole_both";
    case FaultKind::freeze:
      return "freeze";
    case FaultKind::controller_crash:
      return "controller_crash";
    case FaultKind::controller_mute:
      return "controller_mute";
    case FaultKind::controller_freeze:
      return "controller_freeze";
    case FaultKind::access_change:
      return "access_change";
    case FaultKind::transition:
      return "transition";
    case FaultKind::busy:
      return "busy";
    case FaultKind::task_set_full:
      return "task_set_full";
    case FaultKind::transient_sense:
      return "transient_sense";
    case FaultKind::unit_attention:
      return "unit_attention";
  }
  return "?";
}

std::string text_of(const Fault& fault) {
  char line[160];
  std::snprintf(line, sizeof line, "%s on %u from %.3f s to %.3f s, %u %%", name_of(fault.kind),
                fault.on, static_cast<double>(fault.begin_ns) / 1e9,
                static_cast<double>(fault.end_ns) / 1e9, fault.intensity);
  return line;
}

FaultPlan draw_plan(uint64_t seed, const PlanLimits& limits) {
  base::Prng prng = base::Prng::stream(seed, kStream);
  FaultPlan plan;
  const uint64_t mood = prng.below(100);
  plan.mood = mood < 5 ? Mood::calm : mood < 15 ? Mood::permanent : Mood::swarm;
  if (plan.mood == Mood::calm) {
    return plan;
  }
  for (unsigned kind = 0; kind < kFaultKinds; ++kind) {
    if (prng.chance(1, 2)) {
      continue;
    }
    for (uint64_t count = prng.between(1, 3); count != 0; --count) {
      plan.faults.push_back(draw_fault(prng, static_cast<FaultKind>(kind), limits));
    }
  }
  if (plan.mood == Mood::permanent) {
    for (uint32_t path = 0; path < limits.paths; ++path) {
      Fault fault;
      const uint64_t how = prng.below(3);
      fault.kind = how == 0   ? FaultKind::black_hole_both
                   : how == 1 ? FaultKind::refuse_logins
                              : FaultKind::freeze;
      fault.on = path;
      fault.begin_ns = limits.span_ns / 2 + prng.below(limits.span_ns / 2);
      fault.end_ns = UINT64_MAX;
      fault.intensity = 100;
      plan.faults.push_back(fault);
    }
  }
  sort_by_begin(plan);
  return plan;
}

void add_power_cycles(uint64_t seed, const PlanLimits& limits, FaultPlan& plan) {
  base::Prng prng = base::Prng::stream(seed, kPowerStream);
  if (plan.mood != Mood::swarm || !prng.chance(1, 3)) {
    return;
  }
  for (uint64_t count = prng.between(1, 2); count != 0; --count) {
    const uint64_t begin_ns = prng.below(limits.span_ns);
    const uint64_t duration_ns = draw_duration(prng);
    for (uint32_t controller = 0; controller < limits.controllers; ++controller) {
      plan.faults.push_back(
          {FaultKind::controller_crash, controller, begin_ns, begin_ns + duration_ns, 100});
    }
  }
  sort_by_begin(plan);
}

}  // namespace sim
