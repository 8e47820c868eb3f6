// Access-state work.
#include "dsm/access/engine.h"

#include <utility>

#include "base/bits.h"
#include "dsm/access/answer.h"
#include "dsm/access/groups.h"
#include "dsm/access/progress.h"
#include "dsm/replan.h"

namespace dsm::access {
namespace {

void try_elsewhere(Lun& lun, const Nexus& nexus) {
  AccessWork& work = lun.access;
  work.tried |= base::bit(nexus.slot);
  work.prefer_via = 0;
  work.phase = AccessPhase::idle;
}

// What the command that is out asked for.
Asked asked_by(const Step& step, const AccessWork& work) {
  switch (work.phase) {
    case AccessPhase::stpg:
      return Asked::stpg;
    case AccessPhase::start:
      return Asked::start;
    case AccessPhase::rtpg:
    case AccessPhase::idle:
    case AccessPhase::pause:
      break;
  }
  return asks_extended(step, work) ? Asked::rtpg_extended : Asked::rtpg;
}

ReportWhat failure_of(Asked asked) {
  switch (asked) {
    case Asked::stpg:
      return ReportWhat::stpg_failed;
    case Asked::start:
      return ReportWhat::start_failed;
    case Asked::rtpg:
    case Asked::rtpg_extended:
      break;
  }
  return ReportWhat::rtpg_failed;
}

// A larger buffer when the answer asks for one: as large as it says, and should that not do, the
// largest. So an answer that grows each time costs three commands, not thousands.
bool needs_more_room(AccessWork& work, base::Bytes data) {
  const uint64_t needed = data.size() >= 4 ? uint64_t{base::load_be32(data.data())} + 4 : 0;
  if (needed <= work.rtpg_capacity || needed > kRtpgMaxBytes) {
    return false;
  }
  work.rtpg_capacity =
      work.rtpg_capacity == kRtpgFirstBytes ? static_cast<uint32_t>(needed) : kRtpgMaxBytes;
  return true;
}

void on_groups(Step& step, Lun& lun, const Nexus& nexus, base::Bytes data) {
  AccessWork& work = lun.access;
  work.phase = AccessPhase::idle;  // rtpg_wanted still
  if (needs_more_room(work, data)) {
    return;
  }
  if (scsi::decode_target_port_groups(data, lun.rtpg) && lun.rtpg.groups.empty()) {
    lun.rtpg.defect = scsi::GroupsDefect::no_groups;  // the answer came through a port of one
  }
  if (lun.rtpg.defect != scsi::GroupsDefect::none) {
    // Targets are known that miscount their answer with the extended header and no other; what can
    // be had without it is worth more than the transition time.
    if (asks_extended(step, work)) {
      work.extended_refused = true;
      return;
    }
    if (std::exchange(work.defect_told, lun.rtpg.defect) != lun.rtpg.defect) {
      report(step, lun, ReportWhat::rtpg_defect, 0, static_cast<uint32_t>(lun.rtpg.defect), &nexus);
    }
    try_elsewhere(lun, nexus);
    return;
  }
  work.defect_told = scsi::GroupsDefect::none;
  adopt_groups(step, lun);
  ++work.round;
  work.answered |= base::bit(nexus.slot);
  work.rtpg_wanted = false;
}

bool in_transition(const Lun& lun) {
  for (const Group& group : lun.groups) {
    if (group.state == scsi::AccessState::transitioning) {
      return true;
    }
  }
  return false;
}

// The states have been read: did the activation that was asked for help? A group in transition has
// yet to decide.
bool activation_is_awaited(Step& step, Lun& lun) {
  AccessWork& work = lun.access;
  if (!work.activation_asked) {
    return false;
  }
  const Group* group = lun.find_group(work.group);
  if (group != nullptr && group->state == scsi::AccessState::transitioning) {
    return true;
  }
  work.activation_asked = false;
  if (group != nullptr && group->state == scsi::AccessState::active_optimized) {
    forget_failures(lun);
  } else {
    pace(step, lun);
  }
  return false;
}

// A new picture of the states: what now?
void after_reading(Step& step, Lun& lun, const Nexus& nexus) {
  AccessWork& work = lun.access;
  work.hold = false;
  const bool awaited = activation_is_awaited(step, lun);
  step.cause = Cause::access_change;
  replan(step, lun, StatesRead::just_now);  // may begin an activation
  if (work.phase != AccessPhase::idle) {
    return;
  }
  if (awaited || (lun.plan.cannot_serve_yet && in_transition(lun))) {
    work.rtpg_wanted = true;
    try_later(step, lun, nexus);
    return;
  }
  if (lun.plan.want == Want::rtpg) {
    pace(step, lun);  // nothing to be done but to look again some time
  }
  proceed(step, lun);
}

}  // namespace

void refresh(Step& step, Lun& lun, const Nexus* via) {
  AccessWork& work = lun.access;
  work.rtpg_wanted = true;
  if (via != nullptr) {
    work.prefer_via = via->id;
  }
  start(step, lun);
}

void refresh_for_error(Step& step, Lun& lun, const Nexus& via, bool elsewhere) {
  if (lun.support == AluaSupport::none) {
    return;
  }
  AccessWork& work = lun.access;
  if (work.phase == AccessPhase::idle && elsewhere) {
    work.avoid_group = via.target_port_group;
    work.avoid_group_set = true;
  }
  refresh(step, lun, elsewhere ? nullptr : &via);
  work.hold = work.phase != AccessPhase::idle;
}

void refresh_to_verify(Step& step, Lun& lun, const Nexus& via) {
  AccessWork& work = lun.access;
  work.tried &= ~base::bit(via.slot);
  work.answered &= ~base::bit(via.slot);
  if (work.phase != AccessPhase::rtpg) {
    work.verifying = via.id;
  }
  refresh(step, lun, &via);
}

void take_over_for_error(Step& step, Lun& lun, const Nexus& via) {
  AccessWork& work = lun.access;
  if (work.phase == AccessPhase::idle) {
    work.start_wanted = true;
    work.prefer_via = via.id;
    start(step, lun);
  }
  work.hold = work.phase != AccessPhase::idle;
}

void activate(Step& step, Lun& lun, const Nexus& via, uint16_t group) {
  AccessWork& work = lun.access;
  work.stpg_wanted = true;
  work.group = group;
  work.prefer_via = via.id;
  start(step, lun);
}

void forget_failures(Lun& lun) {
  lun.access.activate_failures = 0;
  lun.access.activate_not_before = 0;
}

bool on_command_done(Step& step, Lun& lun, const Nexus& nexus, const CommandDone& done) {
  AccessWork& work = lun.access;
  const bool is_out = work.phase != AccessPhase::idle && work.phase != AccessPhase::pause;
  if (done.id != work.command || !is_out) {
    return false;
  }
  const Asked asked = asked_by(step, work);
  work.command = 0;
  const scsi::Sense sense = scsi::decode_sense(done.sense);
  const uint32_t round = work.round;
  switch (judge(asked, done, sense)) {
    case Answer::good:
      if (asked == Asked::rtpg || asked == Asked::rtpg_extended) {
        on_groups(step, lun, nexus, done.data_in);
        break;
      }
      work.stpg_wanted = work.start_wanted = false;
      work.rtpg_wanted = lun.support != AluaSupport::none;
      work.prefer_via = nexus.id;
      break;
    case Answer::again_later:
      try_later(step, lun, nexus);
      return true;
    case Answer::ask_basic:
      work.extended_refused = true;
      break;
    case Answer::elsewhere:
      report(step, lun, failure_of(asked), 0, done.scsi_status, &nexus,
             sense_detail(sense.key, sense.asc, sense.ascq));
      try_elsewhere(lun, nexus);
      work.start_wanted = false;
      break;
    case Answer::failed:
      report(step, lun, failure_of(asked), 0, done.scsi_status, &nexus,
             sense_detail(sense.key, sense.asc, sense.ascq));
      work.stpg_wanted = work.start_wanted = false;
      work.rtpg_wanted = lun.support != AluaSupport::none;
      break;
  }
  work.phase = AccessPhase::idle;
  if (work.round == round) {
    proceed(step, lun);
  } else {
    after_reading(step, lun, nexus);
  }
  return true;
}

void on_time(Step& step, Lun& lun) {
  AccessWork& work = lun.access;
  if (work.phase == AccessPhase::pause && step.now >= work.resume_at) {
    work.phase = AccessPhase::idle;
    proceed(step, lun);
  }
  if (work.phase == AccessPhase::idle && work.activate_not_before != 0 &&
      step.now >= work.activate_not_before) {
    work.activate_not_before = 0;
    step.cause = Cause::timer;
    replan(step, lun);
  }
}

TimeNs due(const Lun& lun) {
  const AccessWork& work = lun.access;
  switch (work.phase) {
    case AccessPhase::pause:
      return work.resume_at;
    case AccessPhase::idle:
      break;
    case AccessPhase::stpg:
    case AccessPhase::rtpg:
    case AccessPhase::start:
      return 0;
  }
  const bool waits = lun.plan.reason == PlanReason::activating ||
                     lun.plan.reason == PlanReason::suspects_only || lun.plan.cannot_serve_yet;
  return waits ? work.activate_not_before : 0;
}

}  // namespace dsm::access
