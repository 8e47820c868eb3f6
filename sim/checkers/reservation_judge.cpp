// See reservation_judge.h.
#include "sim/checkers/reservation_judge.h"

#include <algorithm>
#include <utility>

#include "scsi/opcodes.h"

namespace sim {
namespace {

using Outcome = ReservationLedger::Outcome;
using scsi::ReservationType;

// A host may be mistaken about its registrations for as long as it takes to ask, and to ask again
// after a failure. That counts from where it can ask. A host that another one has thrown out hears
// of it by the next answer, however long it sends nothing or gets no answers; and it asks one thing
// at a time, so a lost answer to what it asked before that keeps it from asking for as long as
// answers are waited for.
constexpr uint64_t kMistakenNs = 15 * kSecond;

bool is_read(uint8_t opcode) {
  return opcode == scsi::kRead10 || opcode == scsi::kRead16;
}

std::string name_of_port(uint32_t host, uint32_t port) {
  return "port " + std::to_string(port) + " for host " + std::to_string(host);
}

}  // namespace

void ReservationJudge::on_executed(const ExecutedTask& task) {
  const uint8_t opcode = task.cdb.opcode();
  if (opcode == scsi::kPersistentReserveOut) {
    reserve_out(task);
    return;
  }
  if (task.status == scsi::kReservationConflict) {
    refused_ns_[task.host] = clock_.now_ns();
  }
  if (is_read(opcode) || scsi::changes_medium(opcode)) {
    compare_media_access(task, !is_read(opcode));
  }
}

void ReservationJudge::reserve_out(const ExecutedTask& task) {
  const auto command = scsi::read_persistent_reserve_out(task.cdb.span());
  const auto list = scsi::decode_reserve_out(task.data_out);
  if (!command || !list) {
    return;
  }
  const bool good = task.status == scsi::kGood;
  const std::map<HostPort, uint64_t> keys = ledger_.keys();
  const ReservationType type = ledger_.type();
  const uint32_t holder = holding_host();
  const Outcome expected = ledger_.apply({task.host, task.port}, *command, *list, good);
  if (good ? expected != Outcome::good
           : task.status == scsi::kReservationConflict && expected != Outcome::conflict) {
    found(Invariant::reservation_kept, std::string(scsi::name_of(command->action)) + " at " +
                                           name_of_port(task.host, task.port) +
                                           " ended with status " + std::to_string(task.status) +
                                           " against the ledger");
  }
  if (good && task.late) {
    overtaken_.insert(task.host);
    thrown_out_.erase({task.host, list->service_action_key});
  }
  note_changes(task.host, keys, type, holder);
}

// UINT32_MAX: nobody, or all.
uint32_t ReservationJudge::holding_host() const {
  return ledger_.holder() ? ledger_.holder()->host : UINT32_MAX;
}

// A host knows what it has changed itself.
void ReservationJudge::note_change_of(uint32_t host, uint32_t by) {
  Mistake& mistake = mistakes_[host];
  mistake.possible = true;
  mistake.is_told = by == host;
  mistake.asks_before = 0;
  mistake.since_ns = clock_.now_ns();
}

bool ReservationJudge::may_be_mistaken(const Mistake& mistake) const {
  return mistake.possible && (!mistake.is_told || mistake.asks_before != 0 ||
                              clock_.now_ns() - mistake.since_ns < kMistakenNs);
}

// `by`: UINT32_MAX: nobody; the power was lost.
void ReservationJudge::note_changes(uint32_t by, const std::map<HostPort, uint64_t>& keys_before,
                                    ReservationType type_before, uint32_t holder_before) {
  for (const auto& [who, key] : keys_before) {
    const uint64_t now = ledger_.key_of(who);
    if (now == key) {
      continue;
    }
    note_change_of(who.host, by);
    if (now != 0 || by == who.host) {
      continue;
    }
    // What comes in the middle of a client's own registering may have come before it or after.
    if (const auto found = registering_.find({who.host, key}); found != registering_.end()) {
      found->second = true;
    } else {
      gone_.insert({who.host, key});
      if (by != UINT32_MAX) {
        thrown_out_.insert({who.host, key});
      }
    }
  }
  for (const auto& [who, key] : ledger_.keys()) {
    if (keys_before.count(who) == 0) {
      note_change_of(who.host, by);
    }
  }
  note_exclusion();
  const bool of_all = scsi::is_all_registrants(type_before);
  if (type_before == ReservationType::none ||
      (ledger_.type() == type_before && holding_host() == holder_before)) {
    return;
  }
  for (const uint32_t host : {0U, 1U}) {
    if (host != by && (of_all || host == holder_before)) {
      reservation_lost_.insert(host);
    }
  }
}

void ReservationJudge::compare_media_access(const ExecutedTask& task, bool writes) {
  const HostPort who{task.host, task.port};
  const bool may = ledger_.may(who, writes);
  const std::string what = writes ? "a write" : "a read";
  if (task.status == scsi::kReservationConflict) {
    if (may) {
      found(Invariant::reservation_kept,
            what + " at " + name_of_port(task.host, task.port) + " was refused without a reason");
    }
    return;
  }
  if (task.status != scsi::kGood) {
    return;
  }
  const auto counts = [this](uint32_t host, uint64_t key) {
    return thrown_out_.count({host, key}) == 0;
  };
  if (!may) {
    found(Invariant::reservation_kept, what + " at " + name_of_port(task.host, task.port) +
                                           " was executed against a reservation");
  } else if (!ledger_.may(who, writes, counts)) {
    found(Invariant::fence_holds, what + " at " + name_of_port(task.host, task.port) +
                                      " was executed with a registration that had been preempted");
  }
}

void ReservationJudge::on_power_lost() {
  if (must_persist_ && !ledger_.persists() && !ledger_.keys().empty()) {
    found(Invariant::registration_kept,
          "the power is lost, and with it registrations that were to persist");
  }
  const std::map<HostPort, uint64_t> keys = ledger_.keys();
  const ReservationType type = ledger_.type();
  const uint32_t holder = holding_host();
  ledger_.lose_power();
  note_changes(UINT32_MAX, keys, type, holder);
}

void ReservationJudge::client_registers(uint32_t host, uint64_t key) {
  registering_[{host, key}] = false;
  hopes_[host] = {gone_.erase({host, key}) != 0, thrown_out_.erase({host, key}) != 0};
  note_exclusion();
}

void ReservationJudge::registering_ended(uint32_t host, uint64_t key, bool refused) {
  const bool disturbed = registering_[{host, key}];
  registering_.erase({host, key});
  const Hope before = std::exchange(hopes_[host], {});
  if (disturbed || (refused && before.was_gone)) {
    gone_.insert({host, key});
  }
  if (refused && before.was_thrown_out) {
    thrown_out_.insert({host, key});
  }
  note_exclusion();
}

// Whom the reservation keeps from writing, through whatever port.
void ReservationJudge::note_exclusion() {
  const auto counts = [this](uint32_t host, uint64_t key) {
    return thrown_out_.count({host, key}) == 0;
  };
  for (const uint32_t host : {0U, 1U}) {
    bool may = ledger_.type() == ReservationType::none;
    for (const auto& [who, key] : ledger_.keys()) {
      may = may || (who.host == host && ledger_.may(who, true, counts));
    }
    may ? guarded.let_in(host) : guarded.thrown_out(host);
  }
}

bool ReservationJudge::refused_since(uint32_t host, uint64_t since_ns) const {
  const auto found = refused_ns_.find(host);
  return found != refused_ns_.end() && found->second >= since_ns;
}

void ReservationJudge::on_write_sent(uint32_t host, uint64_t content) {
  if (conflicts_.erase({host, content}) != 0) {
    found(Invariant::conflict_surfaced,
          "a write of host " + std::to_string(host) +
              " that was answered RESERVATION CONFLICT is sent again");
  }
}

// On a port that is not registered while others are, or that does not hold what another one of the
// host holds, it is the host's own affair.
void ReservationJudge::on_conflict(uint32_t host, uint32_t port, uint64_t content) {
  Mistake& mistake = mistakes_[host];
  if (mistake.possible && !mistake.is_told) {
    mistake.is_told = true;
    mistake.asks_before = mistake.asks_out;
    mistake.since_ns = clock_.now_ns();
  }
  const bool unregistered = ledger_.some_registered(host) && ledger_.key_of({host, port}) == 0;
  if (!may_be_mistaken(mistake) && !unregistered && !ledger_.is_held_alone_by(host)) {
    conflicts_[{host, content}] = clock_.now_ns();
  }
}

void ReservationJudge::on_reserve_sent(uint32_t host) {
  ++mistakes_[host].asks_out;
}

void ReservationJudge::on_reserve_back(uint32_t host) {
  Mistake& mistake = mistakes_[host];
  --mistake.asks_out;
  if (mistake.asks_before != 0 && --mistake.asks_before == 0) {
    mistake.since_ns = clock_.now_ns();
  }
}

void ReservationJudge::judge_at_rest(const array::Reservations& of_array,
                                     const std::vector<std::string>& initiators) {
  std::map<HostPort, uint64_t> keys;
  for (const array::Registration& each : of_array.registrations()) {
    const auto host = std::find(initiators.begin(), initiators.end(), each.nexus.initiator.name);
    keys[{static_cast<uint32_t>(host - initiators.begin()), each.nexus.port}] = each.key;
  }
  if (keys != ledger_.keys() || of_array.type() != ledger_.type()) {
    found(Invariant::reservation_kept, "the array has " + std::to_string(keys.size()) +
                                           " registrations and a reservation of type " +
                                           std::to_string(static_cast<int>(of_array.type())) +
                                           ", the ledger others");
  }
  for (const auto& [who, key] : ledger_.keys()) {
    if (thrown_out_.count({who.host, key}) != 0) {
      found(Invariant::fence_holds, name_of_port(who.host, who.port) +
                                        " is registered again with a key that was preempted");
    }
  }
}

}  // namespace sim
