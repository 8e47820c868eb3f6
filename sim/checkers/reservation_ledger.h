// Who is registered and who holds what, as SPC-4 5.12 has it: a second, naive model beside the
// array's own (array/reservations.h), fed with the commands that the array has executed. One
// initiator port of each host per target port, so host and port name an I_T nexus. What the
// simulated hosts do not use (ALL_TG_PT, SPEC_I_PT, REGISTER AND MOVE) is not in it.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>

#include "base/bytes.h"
#include "scsi/persistent_reservation.h"

namespace sim {

struct HostPort {
  uint32_t host = 0;
  uint32_t port = 0;
  auto operator<=>(const HostPort&) const = default;
};

class ReservationLedger {
 public:
  enum class Outcome : uint8_t { good, conflict, refused };

  // A PERSISTENT RESERVE OUT: how it must end in the present state, and what it makes of it when it
  // is `executed`.
  Outcome apply(const HostPort& from, const scsi::ReserveOutCommand& command,
                const scsi::ReserveOutList& list, bool executed);
  void lose_power();

  // `counts(host, key)` says which registrations count; all of them by default.
  using Counts = std::function<bool(uint32_t host, uint64_t key)>;
  bool may(const HostPort& who, bool writes, const Counts& counts = {}) const;

  const std::map<HostPort, uint64_t>& keys() const { return keys_; }
  uint64_t key_of(const HostPort& who) const;
  bool some_registered(uint32_t host) const;
  scsi::ReservationType type() const { return type_; }
  // Of a reservation that is not all registrants'.
  const std::optional<HostPort>& holder() const { return holder_; }
  // Only its holder may use the LUN, and that is a port of this host.
  bool is_held_alone_by(uint32_t host) const;
  bool persists() const { return persists_; }

 private:
  Outcome register_key(const HostPort& from, uint64_t key, bool persists, bool executed);
  Outcome preempt(const HostPort& from, const scsi::ReserveOutCommand& command, uint64_t victim,
                  bool executed);
  void release_if_nobody_holds();

  std::map<HostPort, uint64_t> keys_;
  scsi::ReservationType type_ = scsi::ReservationType::none;
  std::optional<HostPort> holder_;
  bool persists_ = false;
};

}  // namespace sim
