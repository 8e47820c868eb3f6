// Runs the DSM in user space: owns the storage of its objects, carries out its actions, keeps its
// timer. One LUN, one lane (the event loop's thread), so lanes are synchronised whenever they are
// asked to be.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/scheduler.h"
#include "dsm/module.h"
#include "mpio/config.h"
#include "mpio/path_link.h"

namespace mpio {

class DsmHostOwner {
 public:
  // Where commands for this path go; null when it is gone.
  virtual PathLink* link_of_path(dsm::PathId path) = 0;
  // Candidates, access states or the throttle changed: look again at what waits.
  virtual void on_plan_changed() = 0;
  virtual void on_operation_done(const dsm::OperationResult& result) = 0;
  virtual void on_report(const dsm::Action& action) = 0;

 protected:
  ~DsmHostOwner() = default;
};

class DsmHost {
 public:
  DsmHost(const DiskConfig& config, base::Scheduler& scheduler, DsmHostOwner& owner);
  ~DsmHost();
  DsmHost(const DsmHost&) = delete;
  DsmHost& operator=(const DsmHost&) = delete;

  // Null before the first path has joined.
  dsm::Lun* lun() const { return lun_; }
  dsm::Module& module() { return module_; }

  // Path `number` (path, nexus: number + 1) leads to the LUN. An error message when the DSM refuses
  // it.
  std::string join(dsm::PathId path, dsm::NexusId nexus, const dsm::ClaimResult& claim,
                   std::string_view name);
  void on(const dsm::Event& event);
  void path_event(dsm::EventKind kind, dsm::PathId path);
  void nexus_event(dsm::EventKind kind, dsm::NexusId nexus);
  dsm::OperationId start(dsm::Operation operation);
  dsm::Verdict interpret(dsm::Nexus& nexus, const dsm::Completion& completion);
  void complete(dsm::Token& token);
  dsm::TimeNs now() const { return scheduler_.now_ns(); }

 private:
  struct Command;

  void run(const dsm::Event& event);
  void run_pending();
  void carry_out(const dsm::Actions& actions);
  void carry_out_one(const dsm::Action& action);
  void send(const dsm::Action& action);
  void on_command_done(Command& command);
  void deliver_unsent();
  void on_timer();

  base::Scheduler& scheduler_;
  DsmHostOwner& owner_;
  dsm::Config config_;
  dsm::Module module_;
  dsm::Lun* lun_ = nullptr;
  dsm::OperationId last_operation_ = 0;
  std::string refusal_;
  std::map<void*, std::unique_ptr<dsm::Lun>> luns_;
  std::map<void*, std::unique_ptr<dsm::Lane[]>> lanes_;
  std::map<void*, std::unique_ptr<dsm::Path>> paths_;
  std::map<void*, std::unique_ptr<dsm::Nexus>> nexuses_;
  std::vector<std::unique_ptr<Command>> commands_;
  std::vector<Command*> idle_;
  // An action's consequences come after all actions of its list, or timers would be set in the
  // wrong order.
  bool busy_ = false;
  std::deque<dsm::Event> pending_;
  std::deque<Command*> unsent_;  // to paths that are gone: answered from the loop
  base::MemberTimer<&DsmHost::on_timer> timer_{*this};
  base::MemberTimer<&DsmHost::deliver_unsent> unsent_timer_{*this};
};

// How the DSM sees a command that the transport handed back.
dsm::TransportOutcome outcome_of(Delivery delivery);

}  // namespace mpio
