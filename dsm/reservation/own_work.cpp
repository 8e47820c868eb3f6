// What the DSM does by itself: a path that came, came back or fell into doubt is confirmed to be
// registered before it carries I/O, and a reservation whose only holder is down, or stands by while
// another path serves, moves to that one.
//
// Confirming must never let a host in again that another one has thrown out. REGISTER with our key
// as the present one succeeds only on a nexus that is registered: no more to be done. Otherwise our
// key must be found registered somewhere, for PREEMPT removes it everywhere at once; and since it
// may do so between that look and the new registration, the keys are counted once more after it. A
// key that is then registered only here was brought back by this command, and is taken back. Until
// that count has been answered the registration is no proof for any other path, and is looked into
// first.
//
// A path that the client's unregistering did not reach is unregistered when it can be, whichever of
// our keys it still has.
#include "base/bits.h"
#include "dsm/plan.h"
#include "dsm/replan.h"
#include "dsm/reservation/commands.h"
#include "dsm/reservation/engine.h"
#include "dsm/reservation/stages.h"

namespace dsm::reservation {
namespace {

// After a failure the DSM's own work rests for so many of the longest pauses.
constexpr uint64_t kRestAfterFailure = 5;

void begin(Step& step, Lun& lun, unsigned slot, ReservationStage stage) {
  ReservationWork& work = lun.reservation;
  work.for_client = false;
  work.operation = 0;
  work.give_up_at = step.now + step.config.reserve_retry_ms * kNsPerMs;
  go(lun, *lun.nexus_at(slot), stage);
}

void pause(const Step& step, Lun& lun) {
  lun.reservation.own_not_before =
      step.now + kRestAfterFailure * step.config.retry_pause_max_ms * kNsPerMs;
  rest(lun);
}

void give_up(Step& step, Lun& lun, const Nexus& nexus, const Answered& answered) {
  report(step, lun, ReportWhat::registration_failed, 0, answered.done.scsi_status, &nexus,
         sense_detail(answered.sense.key, answered.sense.asc, answered.sense.ascq));
  pause(step, lun);
}

void confirmed(Step& step, Lun& lun, Nexus& nexus) {
  rest(lun);
  registered(step, lun, nexus, true);
}

void thrown_out(Step& step, Lun& lun, const Nexus& nexus) {
  ReservationWork& work = lun.reservation;
  const bool some_left = work.brought_back_left != 0;
  const bool persists = work.persists;
  rest(lun);
  report(step, lun, ReportWhat::registration_lost, 1, 0, &nexus);
  forget(lun);
  work.unregisters_comers = some_left;  // what was brought back there ends when it comes again
  work.persists = persists;
}

// The registration that was brought back has been taken back. Whether the others of its kind are of
// right they show themselves.
void undone(Step& step, Lun& lun, const Nexus& nexus) {
  ReservationWork& work = lun.reservation;
  work.brought_back &= ~base::bit(nexus.slot);
  if (work.brought_back == 0) {
    thrown_out(step, lun, nexus);
  } else {
    pause(step, lun);
  }
}

void on_holder(Step& step, Lun& lun, Nexus& nexus, const Answered& answered) {
  ReservationWork& work = lun.reservation;
  const auto found = scsi::decode_read_reservation(answered.done.data_in);
  if (!found) {
    give_up(step, lun, nexus, answered);
  } else if (found->reservation.has_value() && found->reservation->type == work.type &&
             (found->reservation->key == work.holder_key || found->reservation->key == work.key)) {
    work.holder_key = found->reservation->key;
    doubt_others(lun, &nexus);  // PREEMPT will remove them
    go(lun, nexus, ReservationStage::take_over);
  } else {
    rest(lun);
    hold(step, lun, scsi::ReservationType::none, 0);
    work.to_confirm |= base::bit(nexus.slot);  // whoever took it may have thrown us out
  }
}

// All I/O goes down the path that takes the reservation over: one that serves, if there is one.
unsigned best_heir(const Step& step, Lun& lun, uint32_t heirs) {
  const Equals best = best_equals(gather(lun, step.now), heirs);
  return base::lowest_bit(best.serve ? best.slots : heirs);
}

// The holder lives, but its path's access state lets it serve nobody, and another path would. While
// the states are being read or changed that may be over soon.
bool holder_stands_by(const Step& step, Lun& lun, uint32_t heirs) {
  const Nexus* const holder = find_nexus(lun, lun.reservation.holder);
  if (holder == nullptr || heirs == 0 || lun.access.phase != AccessPhase::idle) {
    return false;
  }
  const PlanInput& input = gather(lun, step.now);
  const uint32_t slot = base::bit(holder->slot);
  return !input.symmetric && (input.transitioning & slot) == 0 && !best_equals(input, slot).serve &&
         best_equals(input, heirs).serve;
}

// Is our key among those that the target knows?
void on_keys(Step& step, Lun& lun, Nexus& nexus, const Answered& answered) {
  ReservationWork& work = lun.reservation;
  const uint32_t slot = base::bit(nexus.slot);
  const KeyCount found = count_key(answered.done.data_in, work.key);
  const bool again = work.stage == ReservationStage::confirm_again;
  // Of the others, and how many of those may have been brought back, too.
  const uint32_t others = found.count - (again && found.count != 0 ? 1 : 0);
  const uint32_t no_proof = base::count_bits(work.brought_back & ~slot) + work.brought_back_left;
  if (!found.known) {
    give_up(step, lun, nexus, answered);
  } else if (found.count == 0) {
    thrown_out(step, lun, nexus);
  } else if (others > no_proof && again) {
    work.brought_back = 0;
    work.brought_back_left = 0;
    confirmed(step, lun, nexus);
  } else if (others > no_proof) {
    work.brought_back |= slot;
    go(lun, nexus, ReservationStage::confirm_register);
  } else if (again) {
    go(lun, nexus, ReservationStage::confirm_undo);
  } else if (work.brought_back != 0) {
    give_up(step, lun, nexus, answered);  // those paths tell when they are back
  } else {
    thrown_out(step, lun, nexus);
  }
}

// While a key is valid another path has to have it first: a key that is nowhere means that we have
// been thrown out.
uint32_t slots_to_unregister(Lun& lun) {
  uint32_t slots = lun.reservation.to_unregister & usable_slots(lun);
  if (lun.reservation_valid) {
    base::for_each_bit(slots, [&](unsigned slot) {
      slots &= ~(others_are_registered(lun, slot) ? 0 : base::bit(slot));
    });
  }
  return slots;
}

}  // namespace

void begin_own(Step& step, Lun& lun) {
  ReservationWork& work = lun.reservation;
  const bool has_key = lun.reservation_valid && work.key != 0;
  const uint32_t to_unregister = slots_to_unregister(lun);
  if ((has_key || to_unregister != 0) && step.now < work.own_not_before) {
    return;
  }
  work.own_not_before = 0;
  if (to_unregister != 0) {
    const unsigned slot = base::lowest_bit(to_unregister);
    registered(step, lun, *lun.nexus_at(slot), false);
    begin(step, lun, slot, ReservationStage::unregister);
    return;
  }
  if (!has_key) {
    return;
  }
  const uint32_t heirs = is_exclusive(work.type) ? usable_slots(lun) & registered_slots(lun) : 0;
  if (heirs != 0 && (holder_is_lost(lun) || holder_stands_by(step, lun, heirs))) {
    begin(step, lun, best_heir(step, lun, heirs), ReservationStage::check_holder);
    return;
  }
  const uint32_t doubtful = work.to_confirm & usable_slots(lun);
  const uint32_t brought_back = doubtful & work.brought_back;
  if (doubtful != 0) {
    begin(step, lun, base::lowest_bit(brought_back != 0 ? brought_back : doubtful),
          ReservationStage::confirm);
  }
}

void on_own_stage(Step& step, Lun& lun, Nexus& nexus, const Answered& answered) {
  ReservationWork& work = lun.reservation;
  // To a REGISTER or PREEMPT with our key a conflict is an answer like any other.
  const bool refused =
      answered.answer == Answer::conflict &&
      (work.stage == ReservationStage::take_over || work.stage == ReservationStage::confirm ||
       work.stage == ReservationStage::confirm_undo);
  if (answered.answer != Answer::good && !refused) {
    give_up(step, lun, nexus, answered);
    return;
  }
  switch (work.stage) {
    case ReservationStage::check_holder:
      on_holder(step, lun, nexus, answered);
      break;
    case ReservationStage::take_over:
      rest(lun);
      if (refused) {  // not registered here: thrown out, or not
        work.to_confirm |= base::bit(nexus.slot);
        registered(step, lun, nexus, false);
      } else {
        hold(step, lun, work.type, nexus.id);
      }
      break;
    case ReservationStage::confirm:
      if (refused) {
        registered(step, lun, nexus, false);
        go(lun, nexus, ReservationStage::confirm_keys);
      } else if ((work.brought_back & base::bit(nexus.slot)) != 0) {
        go(lun, nexus, ReservationStage::confirm_again);
      } else {
        confirmed(step, lun, nexus);
      }
      break;
    case ReservationStage::confirm_keys:
    case ReservationStage::confirm_again:
      on_keys(step, lun, nexus, answered);
      break;
    case ReservationStage::confirm_register:
      go(lun, nexus, ReservationStage::confirm_again);
      break;
    case ReservationStage::unregister:
      rest(lun);
      work.to_unregister &= ~base::bit(nexus.slot);
      work.brought_back &= ~base::bit(nexus.slot);
      work.to_confirm |= lun.reservation_valid ? base::bit(nexus.slot) : 0;
      break;
    default:  // confirm_undo
      undone(step, lun, nexus);
      break;
  }
}

}  // namespace dsm::reservation
