// A host for tests: owns the storage, carries out actions, and stands for an array whose target
// port groups a test sets. Commands of the DSM wait in `sent` until the test answers them - by
// hand, or by answer_all().
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "dsm/trace/feed.h"

namespace dsm::testing {

struct SentCommand {
  LunId lun = 0;
  NexusId nexus = 0;
  Send send;
  bool is_rtpg() const { return send.cdb.opcode() == 0xa3; }
  bool is_stpg() const { return send.cdb.opcode() == 0xa4; }
  bool is_tur() const { return send.cdb.opcode() == 0x00; }
};

// What a test says about a path that it adds.
struct PathSpec {
  uint16_t group = 1;
  AluaSupport support = AluaSupport::none;
  uint8_t lun_number = 1;  // goes into the identity
};

class TestHost {
 public:
  explicit TestHost(PolicyId policy = PolicyId::round_robin, unsigned lanes = 1);
  ~TestHost();

  Config config;
  std::unique_ptr<Module> module;
  trace::Recorder recorder;  // off, until a test starts it
  TimeNs now = 1'000'000'000;

  // Asked for each piece of storage and each buffer of a command; false: there is no memory for it
  // now. Unset: there always is.
  std::function<bool()> grant;

  // Path `id` (also the nexus's number) shows a LUN. add() only announces it; path() activates it
  // too, and answers what the DSM asks meanwhile.
  // What `settings_of` says of it, if set, comes with it.
  std::function<ArrivalSettings(NexusId)> settings_of;
  base::Status add(NexusId id, const PathSpec& spec = {});
  void path(NexusId id, const PathSpec& spec = {});
  void on(const Event& event);
  void activate(NexusId id) { on(event::of_nexus(EventKind::nexus_activated, now, id)); }
  void fail_path(PathId id) { on(event::of_path(EventKind::path_failed, now, id)); }

  // --- commands of the client
  // ------------------------------------------------------------------------ Selects and counts a
  // command; kNoSlot when there is no candidate.
  Token begin(unsigned lane = 0);
  NexusId nexus_of(const Token& token) const;
  void complete(Token& token);
  // begin() and complete(): which nexus the next command takes; 0: none.
  NexusId next();
  std::vector<NexusId> next(unsigned count);
  // What the DSM says of a command that ended so on `nexus`.
  Verdict error(NexusId nexus, const Completion& completion);
  Verdict sense(NexusId nexus, uint8_t key, uint8_t asc, uint8_t ascq, uint8_t opcode = 0x28);
  Verdict transport_error(NexusId nexus, TransportOutcome outcome);

  // --- the array
  // ------------------------------------------------------------------------------------
  std::map<uint16_t, scsi::AccessState> groups;
  std::map<uint16_t, bool> preferred_groups;
  bool refuse_stpg = false;
  std::deque<SentCommand> sent;
  void answer(const SentCommand& command, uint8_t status, base::Bytes sense = {},
              base::Bytes data = {});
  void answer_with_sense(const SentCommand& command, uint8_t key, uint8_t asc, uint8_t ascq);
  void lose(const SentCommand& command,
            TransportOutcome outcome = TransportOutcome::connection_lost);
  // As a well-behaved array would: the command that waits longest; until nothing is left.
  void answer_one();
  void answer_all();
  SentCommand take();

  // --- what happened
  // ----------------------------------------------------------------------------------
  Lun& lun(uint8_t number = 1);
  // "AO", "SB" ... of each nexus in the order of slots: "AO SB".
  std::string states(uint8_t lun_number = 1);
  bool throttled(uint8_t lun_number = 1);
  unsigned count(ActionKind kind) const;
  unsigned count_sent(uint8_t opcode) const;
  std::vector<OperationResult> results;
  std::vector<Action> history;  // all but reports
  std::vector<Report> reports;
  base::Status last_refusal;
  // Fires the LUN timers that are due, moving time on.
  void advance_ms(uint64_t ms);
  // Objects that the DSM holds now; 0 at the end of every life.
  size_t storage_held() const {
    return luns_.size() + lanes_.size() + paths_.size() + nexuses_.size();
  }
  size_t paths_held() const { return paths_.size(); }
  size_t nexuses_held() const { return nexuses_.size(); }
  // Lanes are synchronised at once unless a test holds them back.
  bool hold_lanes = false;
  std::vector<LunId> lanes_to_synchronise;
  void synchronise();

 private:
  bool granted() { return !grant || grant(); }
  void answer_stpg(const SentCommand& command);
  void answer_rtpg(const SentCommand& command);
  void run(Actions& actions);
  void carry_out(const Action& action, std::deque<Event>& later);

  LunId next_lun_id_ = 1000;
  std::map<void*, std::unique_ptr<Lun>> luns_;
  std::map<void*, std::unique_ptr<Lane[]>> lanes_;
  std::map<void*, std::unique_ptr<Path>> paths_;
  std::map<void*, std::unique_ptr<Nexus>> nexuses_;
  std::map<LunId, TimeNs> timers_;
  std::map<LunId, int> throttle_depth_;
  std::vector<uint8_t> opcodes_sent_;
};

// Identity of LUN `number` as the tests make it.
Identity identity_of(uint8_t number);

std::array<uint8_t, 18> fixed_sense(uint8_t key, uint8_t asc, uint8_t ascq);

}  // namespace dsm::testing
