// What is known of the registrations and the reservation, and what that means for the plan.
#include "base/bits.h"
#include "dsm/reservation/engine.h"
#include "dsm/reservation/stages.h"

namespace dsm::reservation {
namespace {

// A nexus that arrives may be one that has left, with what it held of ours before the client gave
// that up and registered anew: its registration ends before it begins again. Not while we hold
// something, for then it may be the holder; and not the last that has our key.
bool may_hold_what_was_given_up(Lun& lun, const Nexus& nexus) {
  return nexus.lifecycle == Lifecycle::arriving && lun.reservation.left_registered &&
         lun.reservation.type == scsi::ReservationType::none &&
         others_are_registered(lun, nexus.slot);
}

}  // namespace

bool is_exclusive(scsi::ReservationType type) {
  return type != scsi::ReservationType::none && !scsi::is_for_registrants(type);
}

bool is_usable(const Nexus& nexus) {
  return takes_commands(nexus) && !is_down(nexus);
}

uint32_t usable_slots(Lun& lun) {
  uint32_t slots = 0;
  for_each_nexus(
      lun, [&](const Nexus& nexus) { slots |= is_usable(nexus) ? base::bit(nexus.slot) : 0; });
  return slots;
}

uint32_t registered_slots(Lun& lun) {
  uint32_t slots = 0;
  for_each_nexus(
      lun, [&](const Nexus& nexus) { slots |= nexus.registered ? base::bit(nexus.slot) : 0; });
  return slots;
}

bool others_are_registered(Lun& lun, unsigned slot) {
  return (registered_slots(lun) & ~lun.reservation.to_confirm & ~base::bit(slot)) != 0;
}

bool holder_is_lost(Lun& lun) {
  const scsi::ReservationType type = lun.reservation.type;
  if (type == scsi::ReservationType::none || scsi::is_all_registrants(type)) {
    return false;
  }
  const Nexus* holder = find_nexus(lun, lun.reservation.holder);
  return holder == nullptr || !is_usable(*holder);
}

void registered(Step& step, Lun& lun, Nexus& nexus, bool yes) {
  if (yes) {
    lun.reservation.to_confirm &= ~base::bit(nexus.slot);
  }
  if (yes && nexus.id == lun.reservation.holder) {
    lun.reservation.holder_key = lun.reservation.key;
  }
  if (nexus.registered != yes) {
    nexus.registered = yes;
    report(step, lun, ReportWhat::registration, yes ? 0 : 1, yes ? 1 : 0, &nexus);
    lun.replan_due = true;
  }
}

void hold(Step& step, Lun& lun, scsi::ReservationType type, NexusId holder) {
  ReservationWork& work = lun.reservation;
  const NexusId now =
      scsi::is_all_registrants(type) || type == scsi::ReservationType::none ? 0 : holder;
  work.holder_key = work.key;
  work.holder_in_doubt = false;
  // What its path has of ours is not what was given up before.
  const Nexus* const path = find_nexus(lun, holder);
  work.to_unregister &= ~(path != nullptr ? base::bit(path->slot) : 0);
  if (work.type == type && work.holder == now) {
    return;
  }
  report(step, lun, ReportWhat::reservation, static_cast<uint32_t>(work.type),
         static_cast<uint32_t>(type), now != 0 ? find_nexus(lun, now) : nullptr);
  work.type = type;
  work.holder = now;
  lun.replan_due = true;
}

void doubt_others(Lun& lun, const Nexus* survivor) {
  for_each_nexus(lun, [&](Nexus& nexus) {
    if (&nexus != survivor && takes_commands(nexus)) {
      nexus.registered = false;
      lun.reservation.to_confirm |= base::bit(nexus.slot);
    }
  });
  lun.replan_due = true;
}

void forget(Lun& lun) {
  ReservationWork& work = lun.reservation;
  lun.reservation_valid = false;
  work.key = 0;
  work.persists = false;
  work.type = scsi::ReservationType::none;
  work.holder = 0;
  work.to_confirm = 0;
  work.unregisters_comers = false;
  work.to_unregister = 0;
  work.holder_in_doubt = false;
  work.brought_back = 0;
  work.brought_back_left = 0;
  for_each_nexus(lun, [](Nexus& nexus) { nexus.registered = false; });
  lun.replan_due = true;
}

void forget_where_reached(Lun& lun) {
  ReservationWork& work = lun.reservation;
  // One that has come meanwhile, or was not confirmed yet, may have any of our keys.
  const uint32_t unreached = work.to_unregister | work.to_confirm;
  const bool some_left = work.left_registered || work.unregisters_comers;
  const bool persists = work.persists;
  forget(lun);
  work.to_unregister = unreached;
  work.unregisters_comers = unreached != 0 || some_left;
  work.persists = persists;  // what REGISTER says of it is true of other hosts' registrations too
}

uint32_t entitled_slots(Lun& lun, uint32_t registered) {
  if (!is_exclusive(lun.reservation.type)) {
    return registered;
  }
  const Nexus* holder = find_nexus(lun, lun.reservation.holder);
  return holder != nullptr ? registered & base::bit(holder->slot) : 0;
}

void on_activated(Lun& lun, const Nexus& nexus) {
  // Also while the first registration is still on its way over the paths: it may have passed this
  // one by.
  if (lun.reservation.key != 0 && !nexus.registered) {
    lun.reservation.to_confirm |= base::bit(nexus.slot);
  }
  if ((lun.reservation.brought_back & base::bit(nexus.slot)) != 0) {
    lun.reservation.own_not_before = 0;  // others may wait for what it shows
  }
  if (lun.reservation.unregisters_comers || may_hold_what_was_given_up(lun, nexus)) {
    lun.reservation.to_unregister |= base::bit(nexus.slot);
  }
}

void on_left(Lun& lun, const Nexus& nexus) {
  ReservationWork& work = lun.reservation;
  const uint32_t slot = base::bit(nexus.slot);
  work.left_registered |= work.key != 0 || (work.lost_registrations & slot) != 0;
  work.brought_back_left += (work.brought_back & slot) != 0 ? 1 : 0;
  // The next one in its slot begins anew.
  for (uint32_t* slots :
       {&work.to_confirm, &work.to_unregister, &work.lost_registrations, &work.brought_back}) {
    *slots &= ~slot;
  }
}

void on_down(const Lun& lun, Nexus& nexus) {
  if (lun.reservation.key != 0) {
    nexus.registered = false;  // to be confirmed when it comes back
  }
}

void on_doubt(const Step& step, Lun& lun, const Nexus& nexus, Doubt doubt) {
  ReservationWork& work = lun.reservation;
  if (!lun.reservation_valid || work.key == 0 ||
      (doubt == Doubt::conflict && step.now < work.doubt_not_before)) {
    return;
  }
  work.to_confirm |= base::bit(nexus.slot);
  work.doubt_not_before = step.now + step.config.retry_pause_max_ms * kNsPerMs;
}

}  // namespace dsm::reservation
