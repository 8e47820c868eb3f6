// Judges what the array executes for several hosts by the independent ledger: nobody is let in or
// kept out against a reservation, a host that another one has thrown out does not come back by
// itself, and RESERVATION CONFLICT is told and not tried again.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "sim/array_target.h"
#include "sim/checkers/guarded_blocks.h"
#include "sim/checkers/reservation_ledger.h"
#include "sim/checkers/wire_judge.h"
#include "sim/clock.h"
#include "sim/fault_driver.h"
#include "sim/findings.h"

namespace sim {

class ReservationJudge final : public TaskObserver, public PowerObserver, public ConflictWatcher {
 public:
  // `must_persist`: every client registers with APTPL.
  ReservationJudge(bool must_persist, Clock& clock, Findings& findings)
      : must_persist_(must_persist), clock_(clock), findings_(findings) {}

  void on_executed(const ExecutedTask& task) override;
  void on_power_lost() override;

  // The client of a host registers with this key, which lets it in (again).
  void client_registers(uint32_t host, uint64_t key);
  // That is over. Refused: by RESERVATION CONFLICT, so all is as before.
  void registering_ended(uint32_t host, uint64_t key, bool refused);
  // The key is as good as its client believes: neither removed by another host nor lost with the
  // array's power since the client registered with it.
  bool is_valid(uint32_t host, uint64_t key) const { return gone_.count({host, key}) == 0; }
  // A reservation command of the host was executed after its disk had given it up. What is true
  // then nobody has told the client (docs/reservations.md, limits).
  bool is_overtaken(uint32_t host) const { return overtaken_.count(host) != 0; }
  // Another host has ended this host's reservation, or the power has, since the last call.
  bool is_reservation_lost(uint32_t host) const { return reservation_lost_.count(host) != 0; }
  bool take_reservation_lost(uint32_t host) { return reservation_lost_.erase(host) != 0; }
  // A command of the host was rightly answered RESERVATION CONFLICT at or after this time.
  bool refused_since(uint32_t host, uint64_t since_ns) const;

  void on_write_sent(uint32_t host, uint64_t content) override;
  void on_conflict(uint32_t host, uint32_t port, uint64_t content) override;
  void on_reserve_sent(uint32_t host) override;
  void on_reserve_back(uint32_t host) override;

  // In the end, when nothing is under way.
  void judge_at_rest(const array::Reservations& of_array,
                     const std::vector<std::string>& initiators);

  const ReservationLedger& ledger() const { return ledger_; }
  GuardedBlocks guarded;

 private:
  using HostKey = std::pair<uint32_t, uint64_t>;
  // What a host's disk may believe of its own registrations since they have changed.
  struct Mistake {
    bool possible = false;     // they have changed
    bool is_told = false;      // and it has heard of that, by the first conflict at the latest
    uint32_t asks_before = 0;  // those of asks_out that went before it heard
    uint64_t since_ns = 0;     // it can ask
    uint32_t asks_out = 0;     // PERSISTENT RESERVE IN and OUT on their way
  };

  void reserve_out(const ExecutedTask& task);
  void compare_media_access(const ExecutedTask& task, bool writes);
  void note_changes(uint32_t by, const std::map<HostPort, uint64_t>& keys_before,
                    scsi::ReservationType type_before, uint32_t holder_before);
  void note_change_of(uint32_t host, uint32_t by);
  void note_exclusion();
  bool may_be_mistaken(const Mistake& mistake) const;
  uint32_t holding_host() const;
  void found(Invariant invariant, const std::string& text) {
    findings_.add(invariant, clock_.now_ns(), text);
  }

  const bool must_persist_;
  Clock& clock_;
  Findings& findings_;
  ReservationLedger ledger_;
  std::set<HostKey> thrown_out_;  // keys that another host has removed
  std::set<HostKey> gone_;        // these, and keys lost with the power
  // What its key was before a client tried to register with it again.
  struct Hope {
    bool was_gone = false;
    bool was_thrown_out = false;
  };
  std::map<uint32_t, Hope> hopes_;
  std::map<HostKey, bool> registering_;  // under way; true: and some of it was taken away meanwhile
  std::set<uint32_t> reservation_lost_;
  std::set<uint32_t> overtaken_;
  std::map<uint32_t, uint64_t> refused_ns_;  // by host: the last time
  std::map<uint32_t, Mistake> mistakes_;     // by host
  std::map<HostKey, uint64_t> conflicts_;    // by host and content: when
};

}  // namespace sim
