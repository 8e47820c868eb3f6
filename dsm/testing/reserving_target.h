// For tests: a host whose target keeps persistent reservations, as SPC-4 5.12 has them for one
// nexus each: registrations by nexus, one reservation. Not only its own code under test knows what
// is registered where.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "dsm/testing/operation_host.h"
#include "scsi/persistent_reservation.h"

namespace dsm::testing {

using Log = std::vector<std::string>;
using Keys = std::map<NexusId, uint64_t>;  // at the target, by nexus
inline constexpr uint64_t kKey = 0xa11ce;  // ours
inline constexpr uint64_t kOther = 0xb0b;  // another host's

// Nexuses 1 .. 99 are paths of the host under test, 100 and above other hosts'.
struct ReservingHost : OperationHost {
  explicit ReservingHost(unsigned paths, PolicyId policy = PolicyId::round_robin);

  // A path more, not yet registered.
  void arrive(NexusId id) {
    EXPECT_TRUE(add(id).ok());
    activate(id);
  }
  // The path is removed; and announced again as `nexus`, the same port of the array.
  void leave(NexusId nexus) { on(event::of_nexus(EventKind::nexus_removed, now, nexus)); }
  void arrive_as(NexusId nexus, NexusId former);
  // After a failure the DSM's own work rests: until after that.
  void after_a_rest();
  // Carries out and answers everything that is out, and what follows.
  void serve();
  // Carries out and answers one command.
  void serve_one();
  // Carries out the command, but loses the answer. With `executed` false the command is lost, too.
  void lose_answer(bool executed = true,
                   TransportOutcome outcome = TransportOutcome::connection_lost);

  OperationId ask(scsi::ReserveOutAction action, uint64_t key, uint64_t service_action_key = 0,
                  scsi::ReservationType type = scsi::ReservationType::none);
  OperationId register_key(uint64_t key, uint64_t present = 0) {
    return ask(scsi::ReserveOutAction::register_key, present, key);
  }
  // With APTPL, and all of it served.
  void register_for_good(uint64_t key, uint64_t present = 0);
  const OperationResult& result(OperationId id) const;
  // "GOOD", "CONFLICT", "status 08h", "5/24/00"; "not sent", "lost" ... for operations that failed.
  std::string told(OperationId id) const;

  // What another host does, at the target.
  uint8_t other_host(NexusId nexus, scsi::ReserveOutAction action, uint64_t key,
                     uint64_t service_action_key,
                     scsi::ReservationType type = scsi::ReservationType::none);

  // The target.
  Keys keys;
  scsi::ReservationType type = scsi::ReservationType::none;
  NexusId holder = 0;
  std::map<NexusId, bool> aptpl;
  Log log;  // "1 REGISTER", "2 READ KEYS" ...
  bool is_held_by(NexusId nexus) const;

 private:
  uint8_t execute(const SentCommand& command, std::vector<uint8_t>& data);
  uint8_t execute_out(NexusId nexus, const scsi::ReserveOutCommand& command,
                      const scsi::ReserveOutList& list);
  void remove_key(uint64_t key, NexusId survivor);
};

// kKey is registered on every path, and with a type the reservation is held; the log is empty.
struct Registered : ReservingHost {
  explicit Registered(unsigned paths, scsi::ReservationType with = scsi::ReservationType::none);
  // What is told after all has been served.
  std::string done(scsi::ReserveOutAction action,
                   scsi::ReservationType with = scsi::ReservationType::none,
                   uint64_t service_action_key = 0);
};

}  // namespace dsm::testing
