// From facts to the published plan.
#include "dsm/replan.h"

#include <utility>

#include "base/bits.h"
#include "dsm/access/engine.h"
#include "dsm/operation_engine.h"
#include "dsm/reservation/engine.h"

namespace dsm {
namespace {

constexpr PlanInput kNothingKnown;  // not made on the stack

uint32_t& access_mask(PlanInput& input, bool known, scsi::AccessState state) {
  if (!known) {
    return input.access_unknown;
  }
  switch (state) {
    case scsi::AccessState::active_optimized:
      return input.optimized;
    case scsi::AccessState::active_nonoptimized:
      return input.nonoptimized;
    case scsi::AccessState::lba_dependent:
      return input.lba_dependent;
    case scsi::AccessState::standby:
      return input.standby;
    case scsi::AccessState::unavailable:
      return input.unavailable;
    case scsi::AccessState::transitioning:
      return input.transitioning;
    case scsi::AccessState::offline:
      break;
  }
  return input.offline;
}

void add_desire(PlanInput& input, Desire desire, uint32_t bit) {
  switch (desire) {
    case Desire::undetermined:
      break;
    case Desire::active_optimized:
      input.desires_optimized |= bit;
      break;
    case Desire::active_nonoptimized:
      input.desires_nonoptimized |= bit;
      break;
    case Desire::standby:
      input.desires_standby |= bit;
      break;
    case Desire::unavailable:
      input.desires_unavailable |= bit;
      break;
  }
}

void add_nexus(PlanInput& input, const Lun& lun, const Nexus& nexus) {
  const uint32_t bit = base::bit(nexus.slot);
  input.present |= bit;
  input.arriving |= nexus.lifecycle == Lifecycle::arriving ? bit : 0;
  input.online |= nexus.lifecycle == Lifecycle::online ? bit : 0;
  input.down |= is_down(nexus) ? bit : 0;
  input.suspect |= is_suspect(nexus) && !is_down(nexus) ? bit : 0;
  input.registered |= nexus.registered ? bit : 0;
  add_desire(input, nexus.desired, bit);
  input.weights[nexus.slot] = nexus.weight;
  if (lun.support != AluaSupport::none) {
    scsi::AccessState state{};
    const bool known = lun.access_of(nexus, state);
    access_mask(input, known, state) |= bit;
    const Group* group = known ? lun.find_group(nexus.target_port_group) : nullptr;
    input.group_preferred |= group != nullptr && group->preferred ? bit : 0;
    input.group[nexus.slot] = nexus.target_port_group;
  }
  const auto is = [&nexus](NexusId id) { return id != 0 && id == nexus.id; };
  if (is(lun.preferred)) {
    input.preferred = nexus.slot;
  }
  if (is(lun.moved_to)) {
    input.moved_to = nexus.slot;
  }
  if (is(lun.claimant)) {
    input.claimant = nexus.slot;
  }
}

void publish(Step& step, Lun& lun, uint32_t old_candidates, const Policy* old_policy) {
  Published& published = lun.published;
  if (lun.plan.policy != old_policy) {
    published.policy.store(lun.plan.policy, std::memory_order_release);
    report(step, lun, ReportWhat::policy,
           old_policy != nullptr ? static_cast<uint32_t>(old_policy->id) : 0,
           static_cast<uint32_t>(lun.plan.policy->id));
  }
  if (lun.plan.candidates != old_candidates) {
    const uint64_t word = published.word.load(std::memory_order_relaxed);
    const uint64_t generation = uint64_t{generation_of(word) + 1U} << 32;
    published.word.store(generation | lun.plan.candidates, std::memory_order_seq_cst);
    report(step, lun, ReportWhat::candidates, old_candidates, lun.plan.candidates, nullptr,
           static_cast<uint32_t>(lun.plan.reason));
  }
}

void report_states(Step& step, Lun& lun) {
  for_each_nexus(lun, [&](Nexus& nexus) {
    const EffectiveState now = lun.plan.effective[nexus.slot];
    if (now != nexus.effective) {
      report(step, lun, ReportWhat::nexus_state, static_cast<uint32_t>(nexus.effective),
             static_cast<uint32_t>(now), &nexus);
      nexus.effective = now;
    }
  });
}

// A path put in place by `move` loses its right when it fails.
void release_move(Step& step, Lun& lun) {
  if (lun.moved_to == 0) {
    return;
  }
  Nexus* moved = find_nexus(lun, lun.moved_to);
  if (moved == nullptr || !takes_commands(*moved) || is_down(*moved)) {
    report(step, lun, ReportWhat::move_released, lun.moved_to, 0, moved);
    lun.moved_to = 0;
  }
}

}  // namespace

const PlanInput& gather(Lun& lun, TimeNs now) {
  PlanInput& out = lun.facts;
  out = kNothingKnown;
  out.policy = find_policy(lun.policy);
  out.support = lun.support;
  out.symmetric = lun.symmetric;
  out.reservation_valid = lun.reservation_valid;
  out.tpg_command_pending = lun.access.phase != AccessPhase::idle || lun.access.stpg_wanted ||
                            lun.access.activation_asked;
  out.may_activate = now >= lun.access.activate_not_before;
  out.current = lun.plan.candidates;
  for (unsigned slot = 0; slot < kMaxPathsPerLun; ++slot) {
    if (const Nexus* nexus = lun.nexus_at(slot)) {
      add_nexus(out, lun, *nexus);
    }
  }
  out.registered = reservation::entitled_slots(lun, out.registered);
  return out;
}

void replan(Step& step, Lun& lun, StatesRead states_read) {
  release_move(step, lun);
  const uint32_t old_candidates = lun.plan.candidates;
  const Policy* const old_policy = lun.plan.policy;
  plan(gather(lun, step.now), lun.plan);
  publish(step, lun, old_candidates, old_policy);
  report_states(step, lun);
  switch (lun.plan.want) {
    case Want::nothing:
      break;
    case Want::stpg:
      access::activate(step, lun, *lun.nexus_at(lun.plan.want_via), lun.plan.want_group);
      break;
    case Want::rtpg:
      if (states_read == StatesRead::earlier) {
        access::refresh(step, lun, lun.nexus_at(lun.plan.want_via));
      }
      break;
  }
}

void settle(Step& step, Lun& lun) {
  do {
    reservation::proceed(step, lun);
    if (std::exchange(lun.replan_due, false)) {
      replan(step, lun);
    }
    if (lun.access.phase == AccessPhase::idle) {
      lun.claimant = 0;  // has got what it claimed, or not
      if (lun.plan.reason == PlanReason::optimal) {
        access::forget_failures(lun);
      }
      operations::on_access_idle(step, lun);
    }
  } while (lun.replan_due);  // by settings that were put back
  const bool working = lun.access.phase != AccessPhase::idle;
  const bool hold = (working && (lun.access.hold || lun.plan.cannot_serve_yet)) ||
                    reservation::restorer(lun) != nullptr;
  const bool held = lun.published.throttled.load(std::memory_order_relaxed);
  if (hold != held) {
    lun.published.throttled.store(hold, std::memory_order_release);
    add(step, hold ? ActionKind::throttle : ActionKind::resume, &lun);
    report(step, lun, ReportWhat::throttled, held, hold);
  }
  TimeNs due = access::due(lun);
  const auto sooner = [&due](TimeNs other) {
    due = other != 0 && (due == 0 || other < due) ? other : due;
  };
  sooner(operations::due(lun));
  sooner(reservation::due(lun));
  sooner(lun.drain_check_at);
  if (due != lun.timer_due) {
    Action& action = add(step, due != 0 ? ActionKind::arm_timer : ActionKind::cancel_timer, &lun);
    action.due = due;
    lun.timer_due = due;
  }
}

}  // namespace dsm
