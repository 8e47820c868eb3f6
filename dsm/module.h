// The DSM as its host sees it: events in, actions out, and two questions that are answered at once
// - select() (dsm/select.h) and interpret().
//
// Threads: with Config::locks any number of threads may call on() and interpret(); without, one.
// None of them may hold a lock of its own that carrying out the actions needs. IRQL: on() up to
// DISPATCH_LEVEL, interpret() likewise. Nothing here waits, allocates or reads a clock.
#pragma once

#include <cstdint>

#include "dsm/action.h"
#include "dsm/config.h"
#include "dsm/event.h"
#include "dsm/objects.h"
#include "dsm/select.h"
#include "dsm/step.h"
#include "dsm/tables.h"
#include "dsm/verdict.h"

namespace dsm {

enum class Progress : uint8_t {
  done,
  more,  // carry the actions out, clear the list and call resume()
};

class Module {
 public:
  // `config` must outlive the module.
  explicit Module(const Config& config) : config_(config) {}
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  // Takes one event and appends what is to be done about it. `out` must have room for
  // kActionsPerStep actions; an empty list always has. An event about an object that is not there
  // is answered by one `refused`. An event that carrying out an action brings about (the answer to
  // synchronise_lanes, say) must wait until the whole list has been carried out.
  Progress on(const Event& event, Actions& out);
  // Goes on with what a path's change means for the rest of its LUNs.
  Progress resume(TimeNs now, Actions& out);

  // What the completion of a command that ran on `nexus` means. The command must still be counted
  // there (begin() without complete()), which keeps the nexus alive. GOOD needs no call. `out` as
  // for on().
  Verdict interpret(Nexus& nexus, const Completion& completion, Actions& out);

  // For a request whose sender names the path (pass-through): counts it on the LUN's nexus down
  // that path, whatever its health and access state. Load balancing is not asked and no cursor
  // moves. By the thread that owns `lane`, as begin(); complete() ends it. Refusals leave `token`
  // as it was: not_found - there is no such LUN; invalid_argument - this path does not lead there
  // or is being removed. Takes the locks.
  base::Status begin_on_path(Token& token, LunId lun, unsigned lane, PathId path);

  // Would the operation set_policy take these now? What the array will say is not known. Takes the
  // locks.
  base::Status check_settings(LunId lun, const PolicySettings& settings) const;

  // What a nexus has carried since it arrived or was cleared. False: there is no such nexus. Takes
  // the locks.
  bool statistics(NexusId nexus, Statistics& out) const;

  // For a recorder: in which of the slots that are being emptied the last event found commands
  // under way. They belong to the LUN that the event was about. The one thing besides its calls
  // that the module goes by. Under the lock that the event was told under.
  uint32_t busy() const { return busy_; }

  // It knows nothing: a recording that begins now is complete. Under the same lock.
  bool is_empty() const { return tables_.paths.empty(); }

  // For the host's bookkeeping and for `show`.
  Lun* find_lun(LunId id) const { return tables_.find_lun(id); }
  Lun* find_lun(const Identity& identity) const { return tables_.find_lun(identity); }
  Path* find_path(PathId id) const { return tables_.find_path(id); }
  Nexus* find_nexus(NexusId id) const { return tables_.find_nexus(id); }

 private:
  // topology.cpp
  bool refuses_arrival(Step& step, const Event& event);
  void take_in(Step& step, const Event& event, Path& path, Lun& lun);
  void on_nexus_arrived(Step& step, const Event& event);
  base::Status check_arrival(const Event& event) const;
  Path& join_path(Step& step, const Event& event);
  void use_again(Path& path);
  Lun& join_lun(Step& step, const Event& event);
  void on_nexus_leaving(Step& step, Nexus& nexus, Lifecycle lifecycle);
  void on_path_event(Step& step, EventKind kind, Path& path);
  void begin_fan_out(Path& path, Cause cause);
  void fan_out_one(Step& step);
  void end_fan_out(Step& step, Path& path);
  PathId successor_of(const Path& path) const;
  // drain.cpp
  void begin_drain(Step& step, Nexus& nexus);
  void on_lanes_synchronised(Step& step, Lun& lun);
  // Lets go of what is idle. False: the LUN itself is gone.
  bool collect(Step& step, Lun& lun);
  void detach(Step& step, Nexus& nexus);
  void release_path_if_unused(Step& step, Path& path);
  void release_lun(Step& step, Lun& lun);
  // module.cpp
  void on_nexus_event(Step& step, const Event& event, Nexus& nexus);
  void on_lun_event(Step& step, const Event& event, Lun& lun);
  void on_start_operation(Step& step, const Event& event);
  void on_cancel_operation(Step& step, const Event& event);
  void cancel_invalidation(Step& step, Path& path, OperationId id);
  void refuse(Step& step, const Event& event, base::Status status);
  // interpret.cpp
  void follow_up(Step& step, Nexus& nexus, const ErrorRow& row);

  const Config& config_;
  Tables tables_;
  Path* fan_first_ = nullptr;
  Path* fan_last_ = nullptr;
  uint32_t busy_ = 0;
  std::atomic<uint64_t> sequence_{1};  // orders activations and failures of paths
};

}  // namespace dsm
