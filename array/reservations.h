// Persistent reservations of one logical unit: who is registered, who holds what, and what each
// service action makes of it. SPC-4 5.12.
//
// I_T nexuses are known by name here (initiator port and target port), not by session: a
// registration outlives logout, session loss and resets. A plain value; who keeps it is Lun, who
// brings the commands is commands_persistent.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "array/task.h"
#include "scsi/persistent_reservation.h"

namespace array {

struct NexusName {
  InitiatorPort initiator;
  unsigned port = 0;  // of the target, from 0
  friend bool operator==(const NexusName&, const NexusName&) = default;
};

struct Registration {
  NexusName nexus;
  uint64_t key = 0;  // never 0
  friend bool operator==(const Registration&, const Registration&) = default;
};

// How a service action ended.
struct ReservationOutcome {
  enum class Result : uint8_t {
    good,
    conflict,         // RESERVATION CONFLICT
    invalid_action,   // INVALID FIELD IN CDB: not in this situation
    invalid_type,     // INVALID FIELD IN CDB: scope or type
    invalid_key,      // INVALID FIELD IN PARAMETER LIST: SERVICE ACTION RESERVATION KEY
    invalid_release,  // INVALID RELEASE OF PERSISTENT RESERVATION
    no_resources,     // INSUFFICIENT REGISTRATION RESOURCES
  };
  struct Attention {
    NexusName nexus;
    uint16_t code = 0;
  };

  Result result = Result::good;
  std::vector<Attention> attentions;
  std::vector<NexusName> preempted;  // whose tasks PREEMPT AND ABORT ends

  bool good() const { return result == Result::good; }
};

class Reservations {
 public:
  using Outcome = ReservationOutcome;
  // What one logical unit remembers; more are refused.
  static constexpr size_t kMaxRegistrations = 128;

  uint32_t generation() const { return generation_; }  // PRGENERATION
  // The last registration wanted all of this to survive a loss of power (APTPL).
  bool persists() const { return persists_; }
  std::span<const Registration> registrations() const { return registrations_; }
  const Registration* find(const InitiatorPort& initiator, unsigned port) const;
  const Registration* find(const NexusName& nexus) const {
    return find(nexus.initiator, nexus.port);
  }
  scsi::ReservationType type() const { return type_; }  // none: there is no reservation
  bool is_holder(const Registration& registration) const;
  // As READ RESERVATION tells it; empty: there is none.
  std::optional<scsi::Reservation> reservation() const;
  // The nexus has the access that the reservation keeps for some: it holds it, or it is registered
  // and that is enough. False where there is no reservation.
  bool takes_part(const InitiatorPort& initiator, unsigned port) const;

  // --- service actions. Nothing has changed unless the outcome is good.

  struct Register {
    std::optional<uint64_t> key;  // empty: IGNORE EXISTING KEY
    uint64_t new_key = 0;         // 0: unregister
    bool persists = false;
    // The sender's initiator port at other target ports (ALL_TG_PT): as if it had asked there too.
    std::vector<NexusName> elsewhere;
    // SPEC_I_PT, and the nexuses that it names; those that are registered stay as they are.
    bool specifies_ports = false;
    std::vector<NexusName> specified;
  };
  Outcome register_key(const NexusName& sender, const Register& wanted);

  // Who asks, with which RESERVATION KEY.
  struct Sender {
    NexusName nexus;
    uint64_t key = 0;
  };
  // SCOPE and TYPE of the CDB.
  struct Claim {
    uint8_t scope = scsi::kScopeLogicalUnit;
    scsi::ReservationType type = scsi::ReservationType::none;
  };
  Outcome reserve(const Sender& sender, const Claim& claim);
  Outcome release(const Sender& sender, const Claim& claim);
  Outcome clear(const Sender& sender);
  // PREEMPT, and PREEMPT AND ABORT as far as it is about reservations.
  Outcome preempt(const Sender& sender, uint64_t preempted_key, const Claim& claim);

  struct Move {
    NexusName receiver;
    uint64_t receiver_key = 0;
    bool unregister = false;  // the sender
    bool persists = false;
  };
  Outcome move(const Sender& sender, const Move& wanted);

  // --- power

  void lose_power();
  // What has been stored. `holder` is an index, empty when there is none or all registrants hold
  // it. Empty when it contradicts itself.
  static std::optional<Reservations> restore(std::vector<Registration> registrations,
                                             scsi::ReservationType type,
                                             std::optional<size_t> holder);

  friend bool operator==(const Reservations&, const Reservations&) = default;

 private:
  Registration* find_mutable(const NexusName& nexus);
  bool may(const Sender& sender) const;
  void end_reservation();
  // Takes registrations away for which `gone(registration)` is true; a reservation that its holder
  // takes along is released.
  template <typename Gone>
  void unregister(Gone&& gone, const NexusName& sender, Outcome& outcome);
  // Registers them; the second list only where there is no registration yet. False, and nothing has
  // changed: there is no room.
  bool add(std::span<const NexusName> asking, std::span<const NexusName> specified, uint64_t key);
  void tell_others(uint16_t code, const NexusName& sender, Outcome& outcome) const;

  std::vector<Registration> registrations_;
  scsi::ReservationType type_ = scsi::ReservationType::none;
  std::optional<NexusName> holder_;  // not while all registrants hold it
  uint32_t generation_ = 0;
  bool persists_ = false;
};

}  // namespace array
