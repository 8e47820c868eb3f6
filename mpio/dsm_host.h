// Runs the DSM in user space: owns the storage of its objects, carries out its actions, keeps its
// timer. One LUN; one DSM lane for each lane of the disk.
//
// Threads: the control thread is that of lane 0. It makes and destroys the host, and actions are
// carried out there, in the order in which the DSM asked for them. What other lanes may call says
// so and takes the lane's number. The DSM itself runs under one mutex, which the I/O path (select,
// begin, complete of a good command) never takes.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "dsm/module.h"
#include "dsm/trace/recorder.h"
#include "mpio/attention.h"
#include "mpio/config.h"
#include "mpio/loop.h"
#include "mpio/path_link.h"
#include "mpio/status.h"

namespace mpio {

// All of it is called on the control thread.
class DsmHostOwner {
 public:
  // Where the DSM's own commands for this path go; null when it is gone.
  virtual PathLink* link_of_path(dsm::PathId path) = 0;
  // Candidates, access states or the throttle changed: look again at what waits.
  virtual void on_plan_changed() = 0;
  virtual void on_operation_done(const dsm::OperationResult& result) = 0;
  virtual void on_report(const dsm::Action& action) = 0;
  // The last command of a nexus that is being removed has ended.
  virtual void on_nexus_drained(dsm::PathId path) = 0;
  // Commands fail too often on it: the owner says path_marginal, and path_trusted later.
  virtual void on_mistrusted(dsm::PathId path) = 0;
  // The answer to one of the DSM's own commands casts doubt on what the path leads to.
  virtual void on_attention(dsm::PathId path, Attention attention) = 0;
  // Calls `then` when every lane has passed a full barrier and has nothing in hand that it read
  // before; perhaps at once.
  virtual void after_all_lanes(std::function<void()> then) = 0;

 protected:
  ~DsmHostOwner() = default;
};

class DsmHost {
 public:
  DsmHost(const DiskConfig& config, unsigned lanes, Loop& control, DsmHostOwner& owner);
  ~DsmHost();
  DsmHost(const DsmHost&) = delete;
  DsmHost& operator=(const DsmHost&) = delete;

  // --- any lane
  // ------------------------------------------------------------------------------------

  // Null before the first path has joined. A lane reads it anew in each task of its loop.
  dsm::Lun* lun() const { return lun_.load(std::memory_order_acquire); }
  // Commands can be sent, and not only to ports that must change sides first.
  bool serves() const { return serves_.load(std::memory_order_acquire); }
  // No path is active: the array is changing sides, or will.
  bool cannot_serve_yet() const { return cannot_serve_yet_.load(std::memory_order_acquire); }
  dsm::TimeNs now() const { return control_.now_ns(); }
  dsm::Verdict interpret(unsigned lane, dsm::Nexus& nexus, const dsm::Completion& completion);
  // How often each error rule has decided, in the order of the table; those that never did are not
  // in it.
  std::vector<RuleCount> rule_counts() const;
  void complete(unsigned lane, dsm::Token& token);
  // As Module::begin_on_path(): counts a command on that path, whatever the policy says. Any lane's
  // thread.
  bool begin_on_path(dsm::Token& token, unsigned lane, dsm::PathId path);
  // For the trace: what this lane has chosen. Only a recording of picks costs a lock.
  void note_pick(unsigned lane, const dsm::Lun& lun, const dsm::Pick& pick) {
    if (records_picks_) [[unlikely]] {
      record_pick(lane, lun, pick);
    }
  }
  // When this returns, no lane will choose the path any more.
  void path_failed(unsigned lane, dsm::PathId path);

  // --- control thread
  // ------------------------------------------------------------------------------

  // Path `number` (path, nexus: number + 1) leads to the LUN. An error message when the DSM refuses
  // it.
  std::string join(dsm::PathId path, dsm::NexusId nexus, const dsm::ClaimResult& claim,
                   std::string_view name, const dsm::ArrivalSettings& settings);
  void on(const dsm::Event& event);
  void path_event(dsm::EventKind kind, dsm::PathId path);
  void nexus_event(dsm::EventKind kind, dsm::NexusId nexus);
  // A unit attention that came to a command which was not the DSM's and is not the client's.
  void attention(dsm::NexusId nexus, uint16_t code);
  dsm::OperationId start(dsm::Operation operation);
  // The number that the next operation will have: it may end before start() returns.
  dsm::OperationId next_operation() const { return last_operation_ + 1; }
  // reserve_out: with the client's parameter list.
  void start(dsm::Operation operation, std::vector<uint8_t> parameter_list);
  base::Status check_settings(dsm::LunId lun, const dsm::PolicySettings& settings) const;
  bool knows_path(dsm::PathId path) const;
  // For looking into the DSM's objects: other lanes change them.
  std::unique_lock<std::mutex> hold() const { return std::unique_lock(mutex_); }

 private:
  struct Command;

  void ask(unsigned lane, const dsm::Event& event);
  void run(const dsm::Event& event);
  void record_pick(unsigned lane, const dsm::Lun& lun, const dsm::Pick& pick);
  void take_actions();
  void publish();
  void hand_over(unsigned lane);
  void carry_out_all();
  bool next_action(dsm::Action& action);
  void carry_out_one(const dsm::Action& action);
  void release(const dsm::Action& action);
  void send(const dsm::Action& action);
  void on_command_done(Command& command);
  void deliver_unsent();
  void on_timer();

  Loop& control_;
  DsmHostOwner& owner_;
  dsm::Config config_;
  const bool records_picks_;

  mutable std::mutex mutex_;  // guards the module, its objects, what follows
  dsm::Module module_;
  dsm::trace::Recorder recorder_;
  dsm::Actions scratch_;
  std::map<uint16_t, uint64_t> rule_counts_;  // by Verdict::row
  std::deque<dsm::Action> to_do_;             // asked for, not carried out yet

  std::atomic<dsm::Lun*> lun_{nullptr};
  std::atomic<bool> serves_{false};
  std::atomic<bool> cannot_serve_yet_{false};
  std::atomic<bool> told_control_{false};

  // The control thread's own.
  dsm::OperationId last_operation_ = 0;
  dsm::NexusId joining_ = 0;
  std::string refusal_;
  std::map<dsm::OperationId, std::vector<uint8_t>> parameter_lists_;
  std::map<void*, std::shared_ptr<void>> storage_;  // of the DSM's objects, by address
  std::vector<std::unique_ptr<Command>> commands_;
  std::vector<Command*> idle_;
  // An action's consequences come after all actions that were asked for before it.
  bool busy_ = false;
  std::deque<dsm::Event> pending_;
  std::deque<Command*> unsent_;  // to paths that are gone: answered from the loop
  std::shared_ptr<const bool> alive_ = std::make_shared<bool>(true);
  base::MemberTimer<&DsmHost::on_timer> timer_{*this};
  base::MemberTimer<&DsmHost::deliver_unsent> unsent_timer_{*this};
};

// How the DSM sees a command that the transport handed back.
dsm::TransportOutcome outcome_of(Delivery delivery);

}  // namespace mpio
