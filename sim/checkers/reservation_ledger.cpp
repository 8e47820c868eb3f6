// See reservation_ledger.h.
#include "sim/checkers/reservation_ledger.h"

namespace sim {

using scsi::ReservationType;
using scsi::ReserveOutAction;
using Outcome = ReservationLedger::Outcome;

uint64_t ReservationLedger::key_of(const HostPort& who) const {
  const auto found = keys_.find(who);
  return found == keys_.end() ? 0 : found->second;
}

bool ReservationLedger::some_registered(uint32_t host) const {
  const auto first = keys_.lower_bound({host, 0});
  return first != keys_.end() && first->first.host == host;
}

bool ReservationLedger::is_held_alone_by(uint32_t host) const {
  return holder_ && holder_->host == host && !scsi::is_for_registrants(type_);
}

bool ReservationLedger::may(const HostPort& who, bool writes, const Counts& counts) const {
  if (type_ == ReservationType::none || (!writes && !scsi::excludes_reading(type_))) {
    return true;
  }
  const uint64_t key = key_of(who);
  if (key == 0 || (counts && !counts(who.host, key))) {
    return false;
  }
  return scsi::is_for_registrants(type_) || holder_ == who;
}

void ReservationLedger::release_if_nobody_holds() {
  const bool held =
      scsi::is_all_registrants(type_) ? !keys_.empty() : holder_ && keys_.count(*holder_) != 0;
  if (!held) {
    type_ = ReservationType::none;
    holder_.reset();
  }
}

Outcome ReservationLedger::register_key(const HostPort& from, uint64_t key, bool persists,
                                        bool executed) {
  const bool known = keys_.count(from) != 0;
  if (executed && (known || key != 0)) {
    persists_ = persists;
    if (key == 0) {
      keys_.erase(from);
      release_if_nobody_holds();
    } else {
      keys_[from] = key;
    }
  }
  return Outcome::good;
}

Outcome ReservationLedger::preempt(const HostPort& from, const scsi::ReserveOutCommand& command,
                                   uint64_t victim, bool executed) {
  const bool all = scsi::is_all_registrants(type_);
  const bool takes = all ? victim == 0 : holder_ && key_of(*holder_) == victim;
  if (victim == 0 && !takes) {
    return Outcome::refused;
  }
  std::set<HostPort> victims;
  for (const auto& [who, key] : keys_) {
    if (victim == 0 ? who != from : key == victim) {
      victims.insert(who);
    }
  }
  if (victims.empty() && victim != 0) {
    return Outcome::conflict;
  }
  if (!executed) {
    return Outcome::good;
  }
  for (const HostPort& who : victims) {
    if (!takes || who != from) {
      keys_.erase(who);
    }
  }
  if (takes) {
    type_ = command.type;
    holder_ = scsi::is_all_registrants(type_) ? std::nullopt : std::optional(from);
  }
  release_if_nobody_holds();
  return Outcome::good;
}

Outcome ReservationLedger::apply(const HostPort& from, const scsi::ReserveOutCommand& command,
                                 const scsi::ReserveOutList& list, bool executed) {
  const uint64_t own = key_of(from);
  const bool ignores = command.action == ReserveOutAction::register_and_ignore_existing_key;
  if (!ignores &&
      (command.action == ReserveOutAction::register_key ? list.key != own
                                                        : own == 0 || list.key != own)) {
    return Outcome::conflict;
  }
  const bool holds =
      type_ != ReservationType::none && (scsi::is_all_registrants(type_) || holder_ == from);
  switch (command.action) {
    case ReserveOutAction::register_key:
    case ReserveOutAction::register_and_ignore_existing_key:
      return register_key(from, list.service_action_key, list.persists, executed);
    case ReserveOutAction::reserve:
      if (type_ != ReservationType::none) {
        return holds && type_ == command.type ? Outcome::good : Outcome::conflict;
      }
      if (executed) {
        type_ = command.type;
        holder_ = scsi::is_all_registrants(type_) ? std::nullopt : std::optional(from);
      }
      return Outcome::good;
    case ReserveOutAction::release:
      if (holds && type_ != command.type) {
        return Outcome::refused;
      }
      if (holds && executed) {
        type_ = ReservationType::none;
        holder_.reset();
      }
      return Outcome::good;
    case ReserveOutAction::clear:
      if (executed) {
        keys_.clear();
        release_if_nobody_holds();
      }
      return Outcome::good;
    case ReserveOutAction::preempt:
    case ReserveOutAction::preempt_and_abort:
      return preempt(from, command, list.service_action_key, executed);
    default:
      return Outcome::refused;
  }
}

void ReservationLedger::lose_power() {
  if (!persists_) {
    keys_.clear();
    release_if_nobody_holds();
  }
}

}  // namespace sim
