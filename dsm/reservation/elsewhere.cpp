// A registration that one path has taken comes to the others, one after another.
#include "base/bits.h"
#include "dsm/reservation/engine.h"
#include "dsm/reservation/stages.h"
#include "scsi/opcodes.h"

namespace dsm::reservation {
namespace {

// A registration has reached the nexus.
void note_key_of_holder(ReservationWork& work, const Nexus& nexus) {
  if (nexus.id == work.holder) {
    work.holder_key = work.key;
  }
}

void end_elsewhere(Lun& lun) {
  ReservationWork& work = lun.reservation;
  if (unregisters(work.request)) {
    forget_where_reached(lun);
    finish(lun, {});
    return;
  }
  lun.reservation_valid = true;
  lun.replan_due = true;
  finish(lun, {}, work.refusal);
}

}  // namespace

void begin_elsewhere(Step& step, Lun& lun, const Nexus& done_already) {
  ReservationWork& work = lun.reservation;
  work.lost_registrations = 0;
  work.brought_back = 0;  // whatever they were, they are the client's wish now
  work.brought_back_left = 0;
  work.todo = ~base::bit(done_already.slot) & ~work.to_unregister;
  if (unregisters(work.request)) {
    work.todo |= work.to_unregister;
    work.to_unregister = 0;
    for_each_nexus(lun, [&](const Nexus& nexus) {
      work.to_unregister |= &nexus != &done_already ? base::bit(nexus.slot) : 0;
    });
  }
  work.put_off = 0;
  work.rounds = 0;
  next_elsewhere(step, lun);
}

void on_registered(Step& step, Lun& lun, Nexus& nexus) {
  ReservationWork& work = lun.reservation;
  if (!unregisters(work.request)) {
    work.key = work.request.service_action_key;
    work.persists = work.request.persists;
    work.left_registered |= work.unregisters_comers;
    work.unregisters_comers = false;
    // What the client gave up before ends where it has not ended yet, before it begins anew.
    work.to_unregister &= ~base::bit(nexus.slot);
    work.to_confirm = work.to_unregister;
    // From here on only registered paths carry I/O, so all that can be are registered before it
    // counts: next_elsewhere().
    nexus.registered = true;
    note_key_of_holder(work, nexus);
  }
  begin_elsewhere(step, lun, nexus);
}

void next_elsewhere(Step& step, Lun& lun) {
  ReservationWork& work = lun.reservation;
  const uint32_t usable = usable_slots(lun);
  for_each_nexus(lun, [&](Nexus& nexus) {
    const uint32_t bit = base::bit(nexus.slot);
    if ((work.todo & bit & ~usable) != 0) {  // what it may be registered with is an older key
      nexus.registered = false;
      work.to_confirm |= bit;
    }
  });
  work.todo &= usable;
  const uint32_t willing = work.todo & ~work.put_off;
  if (work.todo == 0) {
    end_elsewhere(lun);
  } else if (willing == 0) {
    work.put_off = 0;
    work.resume_at = step.now + retry_pause_ns(step.config, ++work.rounds);
  } else {
    go(lun, *lun.nexus_at(base::lowest_bit(willing)), ReservationStage::elsewhere);
  }
}

void on_elsewhere(Step& step, Lun& lun, Nexus& nexus, const Answered& answered) {
  ReservationWork& work = lun.reservation;
  work.todo &= ~base::bit(nexus.slot);
  work.put_off &= ~base::bit(nexus.slot);
  const bool wants_key = !unregisters(work.request);
  switch (answered.answer) {
    case Answer::good:
      nexus.registered = wants_key;
      note_key_of_holder(work, nexus);
      work.to_unregister &= ~base::bit(nexus.slot);
      break;
    case Answer::elsewhere:
    case Answer::lost:
      // The path is going, or serves nobody: it is registered before it carries I/O again.
      nexus.registered = false;
      work.to_confirm |= wants_key ? base::bit(nexus.slot) : 0;
      break;
    default:
      report(step, lun, ReportWhat::registration_failed, 0, answered.done.scsi_status, &nexus,
             sense_detail(answered.sense.key, answered.sense.asc, answered.sense.ascq));
      if (wants_key && work.refusal.scsi_status == scsi::kGood) {
        work.refusal = answer_of(answered);
      }
      break;
  }
  next_elsewhere(step, lun);
}

}  // namespace dsm::reservation
