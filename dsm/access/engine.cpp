// Access-state work.
#include "dsm/access/engine.h"

#include "base/bits.h"
#include "dsm/access/groups.h"
#include "dsm/replan.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace dsm::access {
namespace {

uint32_t usable_slots(const Lun& lun) {
  uint32_t mask = 0;
  for (unsigned slot = 0; slot < kMaxPathsPerLun; ++slot) {
    const Nexus* nexus = lun.nexus_at(slot);
    mask |= nexus != nullptr && takes_commands(*nexus) && !is_down(*nexus) ? base::bit(slot) : 0;
  }
  return mask & ~lun.access.tried;
}

uint32_t slots_of_group(const Lun& lun, uint16_t group) {
  uint32_t mask = 0;
  for (unsigned slot = 0; slot < kMaxPathsPerLun; ++slot) {
    const Nexus* nexus = lun.nexus_at(slot);
    mask |= nexus != nullptr && nexus->target_port_group == group ? base::bit(slot) : 0;
  }
  return mask;
}

// The nexus for the next command: the wanted one, one of another group, one that carries I/O, any.
Nexus* choose_nexus(Lun& lun) {
  const uint32_t usable = usable_slots(lun);
  if (usable == 0) {
    return nullptr;
  }
  const Nexus* wanted = find_nexus(lun, lun.access.prefer_via);
  if (wanted != nullptr && (usable & base::bit(wanted->slot)) != 0) {
    return lun.nexus_at(wanted->slot);
  }
  const uint32_t elsewhere =
      lun.access.avoid_group_set ? ~slots_of_group(lun, lun.access.avoid_group) : ~0U;
  const uint32_t wishes[] = {elsewhere & lun.plan.candidates, elsewhere, lun.plan.candidates, ~0U};
  for (const uint32_t wish : wishes) {
    if ((usable & wish) != 0) {
      return lun.nexus_at(base::lowest_bit(usable & wish));
    }
  }
  return nullptr;
}

TimeNs pause_ns(const Config& config, uint32_t failures) {
  uint64_t pause_ms = config.retry_pause_ms;
  for (uint32_t i = 1; i < failures && pause_ms < config.retry_pause_max_ms; ++i) {
    pause_ms *= 2;
  }
  return (pause_ms < config.retry_pause_max_ms ? pause_ms : config.retry_pause_max_ms) * kNsPerMs;
}

void begin_work(Step& step, Lun& lun) {
  AccessWork& work = lun.access;
  const uint64_t told_ms = uint64_t{work.transition_time_s} * 1000;
  const uint64_t limit_ms = told_ms != 0 && told_ms < step.config.access_work_ms
                                ? told_ms + step.config.retry_pause_max_ms
                                : step.config.access_work_ms;
  work.attempts = 0;
  work.tried = 0;
  work.give_up_at = step.now + limit_ms * kNsPerMs;
}

void end_work(Lun& lun) {
  AccessWork& work = lun.access;
  work.phase = AccessPhase::idle;
  work.stpg_wanted = work.rtpg_wanted = work.hold = work.avoid_group_set = false;
  work.prefer_via = 0;
}

// An activation that did not work out: not again at once, and ever less often while I/O flows
// anyway.
void pace_activation(Step& step, Lun& lun) {
  constexpr uint64_t kWhileServing = 30;
  AccessWork& work = lun.access;
  ++work.activate_failures;
  work.activate_not_before = step.now + pause_ns(step.config, work.activate_failures + 3) *
                                            (lun.plan.cannot_serve_yet ? 1 : kWhileServing);
}

void send_stpg(Step& step, Lun& lun, Nexus& via) {
  AccessWork& work = lun.access;
  const scsi::SetGroup wanted{work.group, scsi::AccessState::active_optimized};
  Send& command = send(step, lun, via, step.config.stpg_deadline_ms);
  command.data_out_bytes =
      static_cast<uint8_t>(scsi::encode_set_groups(command.data_out, {&wanted, 1}));
  command.cdb = scsi::make_set_target_port_groups(command.data_out_bytes);
  work.command = command.id;
  work.phase = AccessPhase::stpg;
}

void send_rtpg(Step& step, Lun& lun, Nexus& via) {
  AccessWork& work = lun.access;
  if (work.rtpg_capacity == 0) {
    work.rtpg_capacity = kRtpgFirstBytes;
  }
  Send& command = send(step, lun, via, step.config.rtpg_deadline_ms);
  const bool extended = step.config.extended_rtpg && !work.extended_refused;
  command.cdb = scsi::make_report_target_port_groups(extended, work.rtpg_capacity);
  command.data_in_capacity = work.rtpg_capacity;
  work.command = command.id;
  work.phase = AccessPhase::rtpg;
}

// From idle or the end of a pause to the next command, or to rest.
void proceed(Step& step, Lun& lun) {
  AccessWork& work = lun.access;
  if (!work.stpg_wanted && !work.rtpg_wanted) {
    end_work(lun);
    return;
  }
  Nexus* via = choose_nexus(lun);
  if (via == nullptr) {
    work.last_failed = true;
    if (work.stpg_wanted) {
      pace_activation(step, lun);
    }
    end_work(lun);
    return;
  }
  work.via = via->id;
  if (work.stpg_wanted) {
    send_stpg(step, lun, *via);
  } else {
    send_rtpg(step, lun, *via);
  }
}

void start(Step& step, Lun& lun) {
  if (lun.access.phase == AccessPhase::idle) {
    begin_work(step, lun);
    proceed(step, lun);
  }
}

enum class Answer : uint8_t { good, again_later, ask_basic, elsewhere, failed };

// SPC-4: 29h, 2Ah and 3Fh announce something that happened before the command; 04h/0Ah is the
// transition itself.
Answer judge(const AccessWork& work, const CommandDone& done, const scsi::Sense& sense) {
  if (done.outcome == TransportOutcome::busy) {
    return Answer::again_later;
  }
  if (done.outcome != TransportOutcome::delivered) {
    return Answer::elsewhere;
  }
  switch (done.scsi_status) {
    case scsi::kGood:
      return Answer::good;
    case scsi::kBusy:
    case scsi::kTaskSetFull:
    case scsi::kTaskAborted:
      return Answer::again_later;
    default:
      break;
  }
  if (sense.key == scsi::kUnitAttention || sense.key == scsi::kAbortedCommand ||
      sense.is(scsi::kNotReady, 0x04, 0x0a)) {
    return Answer::again_later;
  }
  if (work.phase == AccessPhase::rtpg && !work.extended_refused &&
      sense.is(scsi::kIllegalRequest, 0x24, 0x00)) {
    return Answer::ask_basic;
  }
  return work.phase == AccessPhase::rtpg ? Answer::elsewhere : Answer::failed;
}

void try_later(Step& step, Lun& lun) {
  AccessWork& work = lun.access;
  const TimeNs resume_at = step.now + pause_ns(step.config, ++work.attempts);
  if (resume_at > work.give_up_at) {
    report(step, lun, ReportWhat::gave_up, 0, 0);
    work.last_failed = true;
    pace_activation(step, lun);
    end_work(lun);
    return;
  }
  work.phase = AccessPhase::pause;
  work.resume_at = resume_at;
}

void try_elsewhere(Lun& lun, const Nexus& nexus) {
  AccessWork& work = lun.access;
  work.tried |= base::bit(nexus.slot);
  work.prefer_via = 0;
  work.phase = AccessPhase::idle;
}

void on_groups(Step& step, Lun& lun, const Nexus& nexus, base::Bytes data) {
  AccessWork& work = lun.access;
  const uint64_t needed = data.size() >= 4 ? uint64_t{base::load_be32(data.data())} + 4 : 0;
  if (needed > work.rtpg_capacity && needed <= kRtpgMaxBytes) {
    work.rtpg_capacity = static_cast<uint32_t>(needed);
    work.phase = AccessPhase::idle;  // rtpg_wanted still: once more, with a larger buffer
    return;
  }
  if (!scsi::decode_target_port_groups(data, lun.rtpg)) {
    report(step, lun, ReportWhat::rtpg_defect, 0, static_cast<uint32_t>(lun.rtpg.defect), &nexus);
    work.last_failed = true;
    try_elsewhere(lun, nexus);
    return;
  }
  adopt_groups(step, lun);
  ++work.round;
  work.last_failed = false;
  work.rtpg_wanted = false;
  work.phase = AccessPhase::idle;
}

// An activation has been asked for and the states have been read since: did it help?
void judge_activation(Step& step, Lun& lun) {
  AccessWork& work = lun.access;
  const Group* group = lun.find_group(work.group);
  if (group != nullptr && group->state == scsi::AccessState::active_optimized) {
    work.activate_failures = 0;
    work.activate_not_before = 0;
  } else {
    pace_activation(step, lun);
  }
}

// Nothing serves and something is in transition: look again after a pause.
void watch_transition(Step& step, Lun& lun) {
  bool transition = false;
  for (const Group& group : lun.groups) {
    transition |= group.state == scsi::AccessState::transitioning;
  }
  if (transition) {
    lun.access.rtpg_wanted = true;
    try_later(step, lun);
  }
}

}  // namespace

void refresh(Step& step, Lun& lun, const Nexus* via) {
  AccessWork& work = lun.access;
  if (work.phase == AccessPhase::rtpg) {
    return;
  }
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

void activate(Step& step, Lun& lun, const Nexus& via, uint16_t group) {
  AccessWork& work = lun.access;
  work.stpg_wanted = true;
  work.activation_asked = true;
  work.group = group;
  work.prefer_via = via.id;
  start(step, lun);
}

bool on_command_done(Step& step, Lun& lun, const Nexus& nexus, const CommandDone& done) {
  AccessWork& work = lun.access;
  const bool is_stpg = work.phase == AccessPhase::stpg;
  if (done.id != work.command || (!is_stpg && work.phase != AccessPhase::rtpg)) {
    return false;
  }
  work.command = 0;
  const scsi::Sense sense = scsi::decode_sense(done.sense);
  const uint32_t rounds = work.round;
  switch (judge(work, done, sense)) {
    case Answer::good:
      if (is_stpg) {
        work.stpg_wanted = false;
        work.rtpg_wanted = true;
        work.prefer_via = nexus.id;
        work.phase = AccessPhase::idle;
      } else {
        on_groups(step, lun, nexus, done.data_in);
      }
      break;
    case Answer::again_later:
      try_later(step, lun);
      return true;
    case Answer::ask_basic:
      work.extended_refused = true;
      work.phase = AccessPhase::idle;
      break;
    case Answer::elsewhere:
      report(step, lun, is_stpg ? ReportWhat::stpg_failed : ReportWhat::rtpg_failed, 0,
             done.scsi_status, &nexus, sense_detail(sense.key, sense.asc, sense.ascq));
      try_elsewhere(lun, nexus);
      break;
    case Answer::failed:
      report(step, lun, ReportWhat::stpg_failed, 0, done.scsi_status, &nexus,
             sense_detail(sense.key, sense.asc, sense.ascq));
      work.stpg_wanted = false;
      work.rtpg_wanted = true;
      work.phase = AccessPhase::idle;
      break;
  }
  if (work.round == rounds) {
    proceed(step, lun);
    return true;
  }
  if (work.activation_asked) {
    judge_activation(step, lun);
    work.activation_asked = false;
  }
  work.hold = false;
  step.cause = Cause::access_change;
  replan(step, lun);  // may start anew, with the work idle
  if (work.phase == AccessPhase::idle && lun.plan.cannot_serve_yet) {
    watch_transition(step, lun);
  }
  if (work.phase == AccessPhase::idle) {
    proceed(step, lun);
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

TimeNs due(const Lun& lun, TimeNs now) {
  const AccessWork& work = lun.access;
  if (work.phase == AccessPhase::pause) {
    return work.resume_at;
  }
  const bool waits = work.phase == AccessPhase::idle && work.activate_not_before > now &&
                     (lun.plan.reason == PlanReason::activating || lun.plan.cannot_serve_yet);
  return waits ? work.activate_not_before : 0;
}

}  // namespace dsm::access
