// See reservations.h. The clauses behind each service action: SPC-4 5.12.7 to 5.12.11.
#include "array/reservations.h"

#include <algorithm>
#include <utility>

#include "scsi/sense.h"

namespace array {
namespace {

using Outcome = ReservationOutcome;
using Result = ReservationOutcome::Result;

Outcome ended(Result result) {
  Outcome outcome;
  outcome.result = result;
  return outcome;
}

bool is_valid(const Reservations::Claim& claim) {
  return claim.scope == scsi::kScopeLogicalUnit && scsi::is_known(claim.type);
}

}  // namespace

const Registration* Reservations::find(const InitiatorPort& initiator, unsigned port) const {
  const auto found =
      std::find_if(registrations_.begin(), registrations_.end(), [&](const Registration& each) {
        return each.nexus.port == port && each.nexus.initiator == initiator;
      });
  return found == registrations_.end() ? nullptr : &*found;
}

Registration* Reservations::find_mutable(const NexusName& nexus) {
  return const_cast<Registration*>(std::as_const(*this).find(nexus));
}

bool Reservations::is_holder(const Registration& registration) const {
  return scsi::is_all_registrants(type_) || holder_ == registration.nexus;
}

std::optional<scsi::Reservation> Reservations::reservation() const {
  if (type_ == scsi::ReservationType::none) {
    return std::nullopt;
  }
  return scsi::Reservation{.key = holder_ ? find(*holder_)->key : 0, .type = type_};
}

bool Reservations::takes_part(const InitiatorPort& initiator, unsigned port) const {
  const Registration* const registration = find(initiator, port);
  return registration != nullptr && (is_holder(*registration) || scsi::is_for_registrants(type_));
}

// Everything but registering needs a registered sender who knows its key.
bool Reservations::may(const Sender& sender) const {
  const Registration* const own = find(sender.nexus);
  return own != nullptr && own->key == sender.key;
}

void Reservations::end_reservation() {
  type_ = scsi::ReservationType::none;
  holder_.reset();
}

void Reservations::tell_others(uint16_t code, const NexusName& sender, Outcome& outcome) const {
  for (const Registration& each : registrations_) {
    if (each.nexus != sender) {
      outcome.attentions.push_back({each.nexus, code});
    }
  }
}

template <typename Gone>
void Reservations::unregister(Gone&& gone, const NexusName& sender, Outcome& outcome) {
  std::erase_if(registrations_, gone);
  const bool held = scsi::is_all_registrants(type_) ? !registrations_.empty()
                                                    : holder_ && find(*holder_) != nullptr;
  if (type_ == scsi::ReservationType::none || held) {
    return;
  }
  if (scsi::is_for_registrants(type_)) {
    tell_others(scsi::kReservationsReleased, sender, outcome);
  }
  end_reservation();
}

bool Reservations::add(std::span<const NexusName> asking, std::span<const NexusName> specified,
                       uint64_t key) {
  std::vector<Registration> now = registrations_;
  const auto known = [&now](const NexusName& nexus) {
    return std::find_if(now.begin(), now.end(),
                        [&nexus](const Registration& each) { return each.nexus == nexus; });
  };
  for (const NexusName& nexus : asking) {
    if (const auto found = known(nexus); found != now.end()) {
      found->key = key;
    } else {
      now.push_back({nexus, key});
    }
  }
  for (const NexusName& nexus : specified) {
    if (known(nexus) == now.end()) {
      now.push_back({nexus, key});
    }
  }
  if (now.size() > kMaxRegistrations) {
    return false;
  }
  registrations_ = std::move(now);
  return true;
}

// SPC-4 tables 49 and 50.
Outcome Reservations::register_key(const NexusName& sender, const Register& wanted) {
  const Registration* const own = find(sender);
  if (wanted.key && *wanted.key != (own != nullptr ? own->key : 0)) {
    return ended(Result::conflict);
  }
  if (wanted.specifies_ports && (own != nullptr || wanted.new_key == 0)) {
    return ended(Result::invalid_action);
  }
  std::vector<NexusName> asking = {sender};
  asking.insert(asking.end(), wanted.elsewhere.begin(), wanted.elsewhere.end());
  for (const NexusName& nexus : asking) {
    const Registration* const there = find(nexus);
    if (wanted.key && there != nullptr && there->key != *wanted.key) {
      return ended(Result::conflict);
    }
  }
  Outcome outcome;
  if (wanted.new_key == 0) {
    const size_t before = registrations_.size();
    unregister(
        [&asking](const Registration& each) {
          return std::find(asking.begin(), asking.end(), each.nexus) != asking.end();
        },
        sender, outcome);
    if (registrations_.size() == before) {
      return outcome;  // nobody was registered: nothing is done
    }
  } else if (!add(asking, wanted.specified, wanted.new_key)) {
    return ended(Result::no_resources);
  }
  persists_ = wanted.persists;
  ++generation_;
  return outcome;
}

Outcome Reservations::reserve(const Sender& sender, const Claim& claim) {
  if (!may(sender)) {
    return ended(Result::conflict);
  }
  if (!is_valid(claim)) {
    return ended(Result::invalid_type);
  }
  if (type_ != scsi::ReservationType::none) {
    const bool again = type_ == claim.type && is_holder(*find(sender.nexus));
    return ended(again ? Result::good : Result::conflict);
  }
  type_ = claim.type;
  if (!scsi::is_all_registrants(type_)) {
    holder_ = sender.nexus;
  }
  return {};
}

Outcome Reservations::release(const Sender& sender, const Claim& claim) {
  if (!may(sender)) {
    return ended(Result::conflict);
  }
  if (type_ == scsi::ReservationType::none || !is_holder(*find(sender.nexus))) {
    return {};  // not an error, and without effect
  }
  if (claim.type != type_ || claim.scope != scsi::kScopeLogicalUnit) {
    return ended(Result::invalid_release);
  }
  Outcome outcome;
  if (scsi::is_for_registrants(type_)) {
    tell_others(scsi::kReservationsReleased, sender.nexus, outcome);
  }
  end_reservation();
  return outcome;
}

Outcome Reservations::clear(const Sender& sender) {
  if (!may(sender)) {
    return ended(Result::conflict);
  }
  Outcome outcome;
  tell_others(scsi::kReservationsPreempted, sender.nexus, outcome);
  end_reservation();
  registrations_.clear();
  ++generation_;
  return outcome;
}

Outcome Reservations::preempt(const Sender& sender, uint64_t preempted_key, const Claim& claim) {
  if (!may(sender)) {
    return ended(Result::conflict);
  }
  const bool all = scsi::is_all_registrants(type_);
  // Key zero means every other registrant, where all of them hold the reservation.
  const bool takes_over =
      all ? preempted_key == 0 : holder_ && find(*holder_)->key == preempted_key;
  if (preempted_key == 0 && !takes_over) {
    return ended(Result::invalid_key);
  }
  if (takes_over && !is_valid(claim)) {
    return ended(Result::invalid_type);
  }
  Outcome outcome;
  for (const Registration& each : registrations_) {
    if (preempted_key == 0 ? each.nexus != sender.nexus : each.key == preempted_key) {
      outcome.preempted.push_back(each.nexus);
    }
  }
  if (outcome.preempted.empty() && preempted_key != 0) {
    return ended(Result::conflict);
  }
  for (const NexusName& nexus : outcome.preempted) {
    if (nexus != sender.nexus) {
      outcome.attentions.push_back({nexus, scsi::kRegistrationsPreempted});
    }
  }
  // Who takes the reservation over keeps its registration, even if it bears the key.
  const auto gone = [&](const Registration& each) {
    return !(takes_over && each.nexus == sender.nexus) &&
           std::find(outcome.preempted.begin(), outcome.preempted.end(), each.nexus) !=
               outcome.preempted.end();
  };
  if (takes_over) {
    std::erase_if(registrations_, gone);
    if (claim.type != type_) {
      tell_others(scsi::kReservationsReleased, sender.nexus, outcome);
    }
    end_reservation();
    type_ = claim.type;
    if (!scsi::is_all_registrants(type_)) {
      holder_ = sender.nexus;
    }
  } else {
    unregister(gone, sender.nexus, outcome);
  }
  ++generation_;
  return outcome;
}

Outcome Reservations::move(const Sender& sender, const Move& wanted) {
  if (!may(sender)) {
    return ended(Result::conflict);
  }
  if (type_ == scsi::ReservationType::none) {
    return ended(Result::invalid_action);
  }
  if (holder_ != sender.nexus) {
    return ended(Result::conflict);  // also when all registrants hold it
  }
  if (wanted.receiver_key == 0) {
    return ended(Result::invalid_key);
  }
  if (Registration* const known = find_mutable(wanted.receiver)) {
    known->key = wanted.receiver_key;
  } else if (registrations_.size() < kMaxRegistrations || wanted.unregister) {
    registrations_.push_back({wanted.receiver, wanted.receiver_key});
  } else {
    return ended(Result::no_resources);
  }
  holder_ = wanted.receiver;
  if (wanted.unregister) {
    std::erase_if(registrations_,
                  [&](const Registration& each) { return each.nexus == sender.nexus; });
  }
  persists_ = wanted.persists;
  ++generation_;
  return {};
}

void Reservations::lose_power() {
  if (!persists_) {
    *this = {};
  }
  generation_ = 0;
}

std::optional<Reservations> Reservations::restore(std::vector<Registration> registrations,
                                                  scsi::ReservationType type,
                                                  std::optional<size_t> holder) {
  const bool none = type == scsi::ReservationType::none;
  const bool one_holder = !none && !scsi::is_all_registrants(type);
  if (registrations.size() > kMaxRegistrations || !(none || scsi::is_known(type)) ||
      (!none && registrations.empty()) || holder.has_value() != one_holder ||
      (holder && *holder >= registrations.size())) {
    return std::nullopt;
  }
  Reservations restored;
  for (Registration& each : registrations) {
    if (each.key == 0 || restored.find(each.nexus) != nullptr) {
      return std::nullopt;
    }
    restored.registrations_.push_back(std::move(each));
  }
  restored.type_ = type;
  if (holder) {
    restored.holder_ = restored.registrations_[*holder].nexus;
  }
  restored.persists_ = true;
  return restored;
}

}  // namespace array
