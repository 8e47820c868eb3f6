// Who gets an answer, retries on the same path, and what begins when nothing is under way.
#include "dsm/reservation/engine.h"

#include <utility>

#include "base/bits.h"
#include "dsm/reservation/commands.h"
#include "dsm/reservation/stages.h"

namespace dsm::reservation {
namespace {

using base::Code;
using base::Status;

constexpr uint32_t kMaxAtOnce = 16;  // unit attentions queue up, but not endlessly

void end_unstarted(Step& step, const Lun& lun, OperationId id, Status status) {
  finish_operation(step, &lun, {.id = id, .kind = OperationKind::reserve_out}, status);
}

void path_lost(Step& step, Lun& lun) {
  if (lun.reservation.for_client) {
    client_path_lost(step, lun);
  } else {
    rest(lun);
  }
}

void answered(Step& step, Lun& lun, Nexus& nexus, const Answered& answered) {
  const ReservationWork& work = lun.reservation;
  if (!work.for_client) {
    on_own_stage(step, lun, nexus, answered);
  } else if (work.stage == ReservationStage::elsewhere) {
    on_elsewhere(step, lun, nexus, answered);
  } else if (work.stage == ReservationStage::learn_holder) {
    on_holder_learnt(step, lun, nexus, answered);
  } else {
    on_client_stage(step, lun, nexus, answered);
  }
}

// False: the time is up.
bool put_off(Step& step, Lun& lun, const Nexus& nexus) {
  ReservationWork& work = lun.reservation;
  const TimeNs resume_at = step.now + retry_pause_ns(step.config, ++work.attempts);
  if (resume_at > work.give_up_at) {
    return false;
  }
  if (work.stage == ReservationStage::elsewhere) {
    work.put_off |= base::bit(nexus.slot);
    next_elsewhere(step, lun);
  } else {
    work.resume_at = resume_at;
  }
  return true;
}

void begin_next(Step& step, Lun& lun) {
  ReservationWork& work = lun.reservation;
  // A path that is registered serves the client's command better than one that is about to be.
  const uint32_t usable = usable_slots(lun);
  const bool registers_first = lun.reservation_valid && (usable & registered_slots(lun)) == 0 &&
                               (usable & work.to_confirm) != 0 && step.now >= work.own_not_before;
  if (work.waiting != 0 && registers_first) {
    begin_own(step, lun);
  } else if (work.waiting != 0) {
    const OperationId operation = work.waiting;
    work.waiting = 0;
    begin_client(step, lun, operation, work.waiting_deadline, work.waiting_request);
  }
  if (work.stage == ReservationStage::idle) {
    begin_own(step, lun);
  }
}

}  // namespace

void go(Lun& lun, const Nexus& via, ReservationStage stage) {
  ReservationWork& work = lun.reservation;
  work.stage = stage;
  work.attempts = work.attentions = 0;
  work.resume_at = 0;
  work.via = via.id;
  work.to_be_sent = true;
}

void rest(Lun& lun) {
  ReservationWork& work = lun.reservation;
  work.stage = ReservationStage::idle;
  work.for_client = false;
  work.operation = 0;
  work.command = 0;
  work.via = 0;
  work.to_be_sent = false;
  work.ended = false;
  work.resume_at = 0;
}

void start(Step& step, Lun& lun, const Operation& operation) {
  ReservationWork& work = lun.reservation;
  if (work.waiting != 0 || (work.stage != ReservationStage::idle && work.for_client)) {
    end_unstarted(step, lun, operation.id,
                  {Code::conflict, "another reservation command is under way"});
    return;
  }
  work.waiting = operation.id;
  work.waiting_deadline = operation.deadline;
  work.waiting_request = operation.reserve;  // proceed() follows
}

void proceed(Step& step, Lun& lun) {
  ReservationWork& work = lun.reservation;
  for (bool goes_on = true; goes_on;) {
    goes_on = false;
    if (work.ended) {
      end_client(step, lun);
    }
    if (work.stage == ReservationStage::idle) {
      begin_next(step, lun);
    }
    if (std::exchange(work.to_be_sent, false)) {
      Nexus* const via = find_nexus(lun, work.via);
      goes_on = via == nullptr;  // chosen in this step, which it has left with its last answer
      goes_on ? path_lost(step, lun) : send_command(step, lun, *via);
    }
    goes_on |= work.ended;
  }
}

bool cancel(Step& step, Lun& lun, OperationId id) {
  ReservationWork& work = lun.reservation;
  for (OperationId* known : {&work.waiting, &work.operation}) {
    if (*known == id && id != 0) {
      *known = 0;
      end_unstarted(step, lun, id, {Code::cancelled, "cancelled"});
      return true;
    }
  }
  return false;
}

bool on_command_done(Step& step, Lun& lun, Nexus& nexus, const CommandDone& done) {
  ReservationWork& work = lun.reservation;
  if (work.command == 0 || done.id != work.command) {
    return false;
  }
  work.command = 0;
  const scsi::Sense sense = scsi::decode_sense(done.sense);
  Answer answer = judge(done, sense);
  if (answer == Answer::again) {
    if (++work.attentions <= kMaxAtOnce && is_usable(nexus)) {
      send_command(step, lun, nexus);
      return true;
    }
    answer = Answer::later;
  }
  if (answer == Answer::later && put_off(step, lun, nexus)) {
    return true;
  }
  answered(step, lun, nexus, {answer, done, sense});
  return true;
}

void on_time(Step& step, Lun& lun) {
  ReservationWork& work = lun.reservation;
  if (work.resume_at == 0 || step.now < work.resume_at) {
    return;
  }
  work.resume_at = 0;
  if (work.stage == ReservationStage::elsewhere) {
    next_elsewhere(step, lun);
    return;
  }
  Nexus* via = find_nexus(lun, work.via);
  if (via != nullptr && is_usable(*via)) {
    send_command(step, lun, *via);
  } else {
    path_lost(step, lun);
  }
}

void on_lun_leaving(Step& step, Lun& lun) {
  if (lun.reservation.ended) {
    end_client(step, lun);
  }
  for (OperationId* id : {&lun.reservation.waiting, &lun.reservation.operation}) {
    if (*id != 0) {
      end_unstarted(step, lun, *id, {Code::not_found, "the last path was removed meanwhile"});
      *id = 0;
    }
  }
}

const Nexus* restorer(Lun& lun) {
  const ReservationWork& work = lun.reservation;
  return lun.candidates() == 0 && work.stage != ReservationStage::idle ? find_nexus(lun, work.via)
                                                                       : nullptr;
}

TimeNs due(const Lun& lun) {
  const ReservationWork& work = lun.reservation;
  return work.stage != ReservationStage::idle ? work.resume_at : work.own_not_before;
}

}  // namespace dsm::reservation
