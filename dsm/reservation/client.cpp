// The client's command on its way: which path, what next, and what its success means.
#include "base/bits.h"
#include "dsm/reservation/commands.h"
#include "dsm/reservation/engine.h"
#include "dsm/reservation/stages.h"
#include "scsi/opcodes.h"

namespace dsm::reservation {
namespace {

using base::Code;
using base::Status;
using scsi::ReserveOutAction;

// Whoever carries it out may hold the reservation then.
bool may_take(const ReserveRequest& request) {
  return request.action == ReserveOutAction::reserve ||
         request.action == ReserveOutAction::preempt ||
         request.action == ReserveOutAction::preempt_and_abort;
}

// For a path.
void allow_time(const Step& step, ReservationWork& work) {
  work.give_up_at = step.now + step.config.reserve_retry_ms * kNsPerMs;
  if (work.deadline != 0 && work.deadline < work.give_up_at) {
    work.give_up_at = work.deadline;
  }
}

// The nexus for the client's command: the holder, where that is known and usable; else one that is
// registered, if possible one that carries I/O. Never one whose registration may be of no right,
// unless the client registers it anew.
Nexus* choose(Lun& lun) {
  const ReservationWork& work = lun.reservation;
  const Nexus* holder = work.holder != 0 ? find_nexus(lun, work.holder) : nullptr;
  const uint32_t known = registered_slots(lun);
  const bool anew = work.request.action == ReserveOutAction::register_and_ignore_existing_key;
  const uint32_t usable = usable_slots(lun) & ~work.tried & ~(anew ? 0 : work.brought_back);
  const uint32_t wishes[] = {holder != nullptr ? base::bit(holder->slot) : 0,
                             known & lun.plan.candidates, known, lun.plan.candidates, ~0U};
  for (const uint32_t wish : wishes) {
    if ((usable & wish) != 0) {
      return lun.nexus_at(base::lowest_bit(usable & wish));
    }
  }
  return nullptr;
}

// RESERVE of what we hold, and RELEASE, mean nothing on another path than the holder's: RELEASE of
// the wrong type is refused there, and GOOD elsewhere. So who may hold it unknown to us is asked
// for first.
bool needs_holder(Lun& lun) {
  const ReservationWork& work = lun.reservation;
  const ReserveRequest& asked = work.request;
  const Nexus* holder = find_nexus(lun, work.holder);
  const bool cannot = holder != nullptr && (work.tried & base::bit(holder->slot)) != 0;
  const bool is_meant = asked.action == ReserveOutAction::release ||
                        (asked.action == ReserveOutAction::reserve &&
                         (asked.type == work.type || work.holder_in_doubt));
  return is_meant && lun.reservation_valid && asked.key == work.key &&
         (cannot || holder_is_lost(lun) || work.holder_in_doubt);
}

// How to learn what became of a command whose answer was lost.
ReservationStage inquiry_about(const ReservationWork& work) {
  const ReserveRequest& asked = work.request;
  switch (asked.action) {
    case ReserveOutAction::reserve:
    case ReserveOutAction::release:
      return ReservationStage::find_holder;
    case ReserveOutAction::clear:  // a key that is missing proves nothing unless it was there
      return asked.key != 0 && asked.key == work.key ? ReservationStage::find_keys
                                                     : ReservationStage::client;
    case ReserveOutAction::preempt:
    case ReserveOutAction::preempt_and_abort:
      return asked.service_action_key == 0           ? ReservationStage::find_holder
             : asked.service_action_key == asked.key ? ReservationStage::client
                                                     : ReservationStage::find_keys;
    default:
      return ReservationStage::client;
  }
}

void next_client(Lun& lun) {
  ReservationWork& work = lun.reservation;
  Nexus* via = choose(lun);
  if (via == nullptr) {
    finish(lun, work.answer_lost
                    ? Status{Code::io_error, "the answer was lost, and no path is left to ask on"}
                    : Status{Code::not_found, "no path can carry the command"});
  } else if (needs_holder(lun)) {
    go(lun, *via, ReservationStage::find_holder);
  } else {
    go(lun, *via, work.answer_lost ? inquiry_about(work) : ReservationStage::client);
  }
}

// This path has been busy for as long as is waited for one. PREEMPT AND ABORT is not taken
// elsewhere: tasks may have been aborted already.
bool next_path_has_time(const Step& step, Lun& lun, const Nexus& nexus) {
  ReservationWork& work = lun.reservation;
  const uint32_t tried = work.tried;
  work.tried |= base::bit(nexus.slot);
  if (work.request.action == ReserveOutAction::preempt_and_abort || choose(lun) == nullptr ||
      (work.deadline != 0 && step.now >= work.deadline)) {
    work.tried = tried;
    return false;
  }
  allow_time(step, work);
  return true;
}

void on_good(Step& step, Lun& lun, Nexus& nexus) {
  ReservationWork& work = lun.reservation;
  const ReserveRequest& asked = work.request;
  switch (asked.action) {
    case ReserveOutAction::register_key:
    case ReserveOutAction::register_and_ignore_existing_key:
      on_registered(step, lun, nexus);
      return;
    case ReserveOutAction::register_and_move:
      if (asked.unregisters) {
        begin_elsewhere(step, lun, nexus);
        return;
      }
      hold(step, lun, scsi::ReservationType::none, 0);  // somebody else's now
      break;
    case ReserveOutAction::reserve:
      hold(step, lun, asked.type, nexus.id);
      break;
    case ReserveOutAction::release:
      hold(step, lun, scsi::ReservationType::none, 0);
      break;
    case ReserveOutAction::clear:
      forget(lun);
      break;
    case ReserveOutAction::preempt:
    case ReserveOutAction::preempt_and_abort:
      go(lun, nexus, ReservationStage::learn_holder);
      return;
    case ReserveOutAction::replace_lost_reservation:
      break;
  }
  finish(lun, {});
}

void on_keys_found(Step& step, Lun& lun, Nexus& nexus, const Answered& answered) {
  const ReserveRequest& asked = lun.reservation.request;
  const bool clears = asked.action == ReserveOutAction::clear;
  const KeyCount found =
      count_key(answered.done.data_in, clears ? asked.key : asked.service_action_key);
  if (!found.known) {
    finish(lun, {Code::corrupt, "the answer to READ KEYS is cut"});
  } else if (found.count != 0) {
    go(lun, nexus, ReservationStage::client);
  } else {
    on_good(step, lun, nexus);  // it was executed
  }
}

// After a lost answer, or when the path that holds the reservation is down. Whatever is ours comes
// to this path first.
void on_holder_found(Step& step, Lun& lun, Nexus& nexus, const Answered& answered) {
  ReservationWork& work = lun.reservation;
  const ReserveRequest& asked = work.request;
  const auto found = scsi::decode_read_reservation(answered.done.data_in);
  if (!found) {
    finish(lun, {Code::corrupt, "the answer to READ RESERVATION is cut"});
    return;
  }
  work.holder_in_doubt = false;
  const bool is_held = found->reservation.has_value();
  const uint64_t of_holder = is_held ? found->reservation->key : 0;
  const auto type = is_held ? found->reservation->type : scsi::ReservationType::none;
  const bool ours = is_held && !scsi::is_all_registrants(type) &&
                    (asked.action == ReserveOutAction::release || type == asked.type) &&
                    (of_holder == asked.key ||
                     (work.type != scsi::ReservationType::none && of_holder == work.holder_key));
  if (ours && !nexus.registered && work.lost_via != 0) {
    hold(step, lun, type, work.lost_via);  // taken over when this path is registered, too
    finish(lun, asked.action == ReserveOutAction::reserve
                    ? Status{}
                    : Status{Code::io_error, "the answer was lost; the reservation is still held"});
  } else if (ours) {
    work.key = asked.key;
    work.type = type;
    work.holder = 0;
    work.holder_key = of_holder;
    doubt_others(lun, nullptr);
    go(lun, nexus, ReservationStage::take_over);
  } else if (asked.action == ReserveOutAction::release && !is_held) {
    on_good(step, lun, nexus);  // it was executed
  } else {
    go(lun, nexus, ReservationStage::client);
  }
}

void on_taken_over(Step& step, Lun& lun, Nexus& nexus) {
  ReservationWork& work = lun.reservation;
  registered(step, lun, nexus, true);
  hold(step, lun, work.type, nexus.id);
  if (work.request.action == ReserveOutAction::release) {
    go(lun, nexus, ReservationStage::client);
  } else {
    finish(lun, {});
  }
}

}  // namespace

bool registers(const ReserveRequest& request) {
  return scsi::is_registration(request.action);
}

bool unregisters(const ReserveRequest& request) {
  return registers(request) ? request.service_action_key == 0 : request.unregisters;
}

void finish(Lun& lun, Status status, const TargetAnswer& answer) {
  ReservationWork& work = lun.reservation;
  const bool good = status.ok() && answer.scsi_status == scsi::kGood;
  work.holder_in_doubt |= !good && work.answer_lost && may_take(work.request);
  work.ended = true;
  work.outcome = status;
  work.answer = answer;
}

TargetAnswer answer_of(const Answered& answered) {
  return {answered.done.scsi_status, answered.sense.key, answered.sense.asc, answered.sense.ascq};
}

void begin_client(Step& step, Lun& lun, OperationId operation, TimeNs deadline,
                  const ReserveRequest& request) {
  ReservationWork& work = lun.reservation;
  work.for_client = true;
  work.operation = work.list_of = operation;
  work.request = request;
  work.tried = 0;
  work.answer_lost = false;
  work.lost_via = 0;
  work.refusal = {};
  work.deadline = deadline;
  allow_time(step, work);
  next_client(lun);
}

void on_holder_learnt(Step& step, Lun& lun, const Nexus& nexus, const Answered& answered) {
  ReservationWork& work = lun.reservation;
  const auto found = answered.answer == Answer::good
                         ? scsi::decode_read_reservation(answered.done.data_in)
                         : std::nullopt;
  // Not known: as the command intends it, which at worst keeps I/O on the path that sent it.
  const bool ours = !found || (found->reservation.has_value() &&
                               (found->reservation->key == work.request.key ||
                                scsi::is_all_registrants(found->reservation->type)));
  const bool preempted_itself = work.request.service_action_key == work.request.key;
  if (!ours) {
    hold(step, lun, scsi::ReservationType::none, 0);
  } else if (work.holder == 0 || preempted_itself) {
    hold(step, lun, found ? found->reservation->type : work.request.type, nexus.id);
  }
  if (preempted_itself) {
    doubt_others(lun, &nexus);
  }
  finish(lun, {});
}

void end_client(Step& step, Lun& lun) {
  const ReservationWork& work = lun.reservation;
  if (work.operation != 0) {
    finish_operation(step, &lun, {.id = work.operation, .kind = OperationKind::reserve_out},
                     work.outcome);
    OperationResult& result = step.out.back().result;
    const Nexus* via = find_nexus(lun, work.via);
    result.path = via != nullptr ? via->path->id : 0;
    result.answer = work.answer;
  }
  rest(lun);
}

void client_path_lost(Step& step, Lun& lun) {
  if (lun.reservation.stage == ReservationStage::elsewhere) {
    next_elsewhere(step, lun);
  } else {
    next_client(lun);
  }
}

void on_client_stage(Step& step, Lun& lun, Nexus& nexus, const Answered& answered) {
  ReservationWork& work = lun.reservation;
  switch (answered.answer) {
    case Answer::good:
      break;
    case Answer::lost:
      work.answer_lost |= !registers(work.request);
      work.lost_registrations |= registers(work.request) ? base::bit(nexus.slot) : 0;
      work.lost_via = work.stage == ReservationStage::client ? nexus.id : work.lost_via;
      [[fallthrough]];
    case Answer::elsewhere:
      work.tried |= base::bit(nexus.slot);
      if (work.request.action == ReserveOutAction::register_and_move && work.answer_lost) {
        finish(lun, {Code::io_error, "the answer to REGISTER AND MOVE was lost"});
      } else {
        next_client(lun);
      }
      return;
    case Answer::later:
      if (next_path_has_time(step, lun, nexus)) {
        next_client(lun);
        return;
      }
      [[fallthrough]];
    default:
      on_doubt(step, lun, nexus, Doubt::conflict);
      if (answered.answer == Answer::conflict && work.lost_via != 0 &&
          (registers(work.request) || work.request.action == ReserveOutAction::clear)) {
        // Here nothing has changed, but on the path that broke it may have; CLEAR has then removed
        // our registration here as well.
        finish(lun, {Code::io_error, "the answer was lost, and another path is refused"});
        return;
      }
      finish(lun, {}, answer_of(answered));
      return;
  }
  switch (work.stage) {
    case ReservationStage::find_keys:
      on_keys_found(step, lun, nexus, answered);
      break;
    case ReservationStage::find_holder:
      on_holder_found(step, lun, nexus, answered);
      break;
    case ReservationStage::take_over:
      on_taken_over(step, lun, nexus);
      break;
    default:
      on_good(step, lun, nexus);
      break;
  }
}

}  // namespace dsm::reservation
