// One work on access states from its first command to its rest.
#include "dsm/access/progress.h"

#include "base/bits.h"
#include "dsm/access/carrier.h"

namespace dsm::access {
namespace {

void begin_work(Step& step, Lun& lun) {
  AccessWork& work = lun.access;
  const uint64_t told_ms = uint64_t{work.transition_time_s} * 1000;
  const uint64_t limit_ms = told_ms != 0 && told_ms < step.config.access_work_ms
                                ? told_ms + step.config.retry_pause_max_ms
                                : step.config.access_work_ms;
  work.attempts = 0;
  work.tried = work.answered = 0;
  work.give_up_at = step.now + limit_ms * kNsPerMs;
}

void end_work(Lun& lun) {
  AccessWork& work = lun.access;
  work.phase = AccessPhase::idle;
  work.stpg_wanted = work.rtpg_wanted = work.start_wanted = work.activation_asked = false;
  work.hold = work.avoid_group_set = false;
  work.prefer_via = work.verifying = 0;
}

void send_stpg(Step& step, Lun& lun, Nexus& via) {
  AccessWork& work = lun.access;
  const scsi::SetGroup wanted{work.group, scsi::AccessState::active_optimized};
  Send& command = send(step, lun, via, step.config.stpg_deadline_ms);
  command.data_out_bytes =
      static_cast<uint8_t>(scsi::encode_set_groups(command.data_out, {&wanted, 1}));
  command.cdb = scsi::make_set_target_port_groups(command.data_out_bytes);
  work.command = command.id;
  work.activation_asked = true;
  work.phase = AccessPhase::stpg;
}

void send_rtpg(Step& step, Lun& lun, Nexus& via) {
  AccessWork& work = lun.access;
  if (work.rtpg_capacity == 0) {
    work.rtpg_capacity = kRtpgFirstBytes;
  }
  Send& command = send(step, lun, via, step.config.rtpg_deadline_ms);
  command.cdb = scsi::make_report_target_port_groups(asks_extended(step, work), work.rtpg_capacity);
  command.data_in_capacity = work.rtpg_capacity;
  work.command = command.id;
  work.phase = AccessPhase::rtpg;
}

void send_start(Step& step, Lun& lun, Nexus& via) {
  Send& command = send(step, lun, via, step.config.stpg_deadline_ms);
  command.cdb = scsi::make_start_unit();
  lun.access.command = command.id;
  lun.access.phase = AccessPhase::start;
}

}  // namespace

bool asks_extended(const Step& step, const AccessWork& work) {
  return step.config.extended_rtpg && !work.extended_refused;
}

void pace(Step& step, Lun& lun) {
  constexpr uint64_t kWhileServing = 30;
  constexpr uint32_t kMoreThanARetry = 3;
  AccessWork& work = lun.access;
  ++work.activate_failures;
  work.activate_not_before =
      step.now + retry_pause_ns(step.config, work.activate_failures + kMoreThanARetry) *
                     (lun.plan.cannot_serve_yet ? 1 : kWhileServing);
}

void proceed(Step& step, Lun& lun) {
  AccessWork& work = lun.access;
  if (!work.stpg_wanted && !work.rtpg_wanted && !work.start_wanted) {
    end_work(lun);
    return;
  }
  Nexus* via = choose_carrier(lun);
  if (via == nullptr) {
    pace(step, lun);
    end_work(lun);
    return;
  }
  work.via = via->id;
  if (work.start_wanted) {
    send_start(step, lun, *via);
  } else if (work.stpg_wanted) {
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

void try_later(Step& step, Lun& lun, const Nexus& nexus) {
  AccessWork& work = lun.access;
  const TimeNs resume_at = step.now + retry_pause_ns(step.config, ++work.attempts);
  if (resume_at > work.give_up_at) {
    report(step, lun, ReportWhat::gave_up, 0, 0, &nexus);
    work.tried |= base::bit(nexus.slot);
    pace(step, lun);
    end_work(lun);
    return;
  }
  work.phase = AccessPhase::pause;
  work.resume_at = resume_at;
}

}  // namespace dsm::access
