// The embedded array: controllers with target ports, target port groups with access states, LUNs,
// I_T nexuses with their tasks and unit attentions, faults on command. It speaks tasks; an iSCSI
// front (io/iscsi/array_device.h) or the simulator's fabric brings them.
//
// Promises that multipath hosts rely on:
// - A task dies with its nexus: after drop(), a reinstating login or a port's death it is never
// executed.
// - A task is executed at one instant, as a whole; submit() may do it at once or, under faults,
// later.
// - A unit attention is queued for each I_T nexus by itself and reported once (SAM-5 5.14).
//
// Threads: one. Time: the Scheduler only, so the array runs on the simulator's clock as well.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "array/config.h"
#include "array/fault_state.h"
#include "array/groups.h"
#include "array/lun.h"
#include "array/nexus.h"
#include "array/task.h"
#include "base/scheduler.h"
#include "base/status.h"

namespace array {

enum class PortState : uint8_t {
  up,
  down,    // closed: listeners gone, connections reset
  frozen,  // silent: nothing is read, nothing is answered, nothing is closed
  deaf,    // nothing is read; what there is to send is sent
  mute,    // everything is read and executed; nothing is sent, nothing is closed
};
// Which way a black hole swallows: towards the port, from it.
enum class Silence : uint8_t { none, in, out, both };

// A front end of one port.
class PortObserver {
 public:
  virtual void on_port_state(unsigned port, PortState state) = 0;

 protected:
  ~PortObserver() = default;
};

// Sees every change of the medium at the moment it happens.
class Journal {
 public:
  virtual void on_write(uint32_t lun, uint64_t lba, uint64_t blocks, const Nexus& nexus,
                        uint64_t now_ns) = 0;

 protected:
  ~Journal() = default;
};

class Array {
 public:
  // `error` says what is wrong with the configuration (a file that cannot be opened, a bad size).
  static std::unique_ptr<Array> create(const Config& config, base::Scheduler& scheduler,
                                       std::string& error);
  ~Array();

  const Config& config() const { return config_; }
  base::Scheduler& scheduler() { return scheduler_; }
  void set_journal(Journal* journal) { journal_ = journal; }

  // --- I_T nexuses -------------------------------------------------------------------------------
  // A nexus for this initiator port at this target port. An existing one of the same two ends
  // first: its tasks are aborted unexecuted and its owner is told (RFC 7143 6.3.5). Null when the
  // port is down or frozen.
  Nexus* login(unsigned port, const InitiatorPort& initiator, NexusOwner& owner);
  // The nexus is gone (connection lost, logout). Its tasks come back aborted before drop() returns.
  void drop(Nexus& nexus);

  void submit(Task& task);
  FunctionResponse manage(Nexus& nexus, TaskFunction function, uint64_t lun, uint64_t tag);

  // --- ports and controllers
  // -----------------------------------------------------------------------
  PortState port_state(unsigned port) const;
  // As the administrator wants it: a dead controller's ports stay enabled.
  bool port_enabled(unsigned port) const { return ports_[port].enabled; }
  bool port_is_up(unsigned port) const { return port_state(port) == PortState::up; }
  void observe_port(unsigned port, PortObserver* observer) { ports_[port].observer = observer; }
  void set_port_enabled(unsigned port, bool enabled);
  void set_port_silence(unsigned port, Silence silence);
  PortFaults& port_faults(unsigned port) { return ports_[port].faults; }
  // Crash: the controller's nexuses and tasks end, its ports go down, the others take over
  // (implicit access change). With the last one all is lost that was in memory only.
  void crash_controller(unsigned controller);
  void restart_controller(unsigned controller);
  // Frozen: its ports are silent, and tasks that reach it are held; thawed, those whose nexus still
  // lives are executed.
  void freeze_controller(unsigned controller, bool frozen);
  bool controller_alive(unsigned controller) const { return controllers_[controller].alive; }

  // --- access states
  // ---------------------------------------------------------------------------------
  const Groups& groups() const { return groups_; }
  // An implicit change; every nexus gets 2A/06.
  base::Status set_group_state(uint16_t group, scsi::AccessState state);
  // The group is transitioning for `duration_ns`, then goes on to `after`.
  base::Status begin_transition(uint16_t group, scsi::AccessState after, uint64_t duration_ns);
  // The explicit change of SET TARGET PORT GROUPS; everybody but `sender` gets 2A/06.
  void apply_set_groups(std::span<const scsi::SetGroup> changes, const Nexus& sender);
  SetGroupsFaults& set_groups_faults() { return set_groups_faults_; }
  // Active/passive (Config::passive): which controller owns the LUNs.
  unsigned owner() const { return owner_; }
  base::Status take_over(unsigned controller);
  bool is_passive(unsigned port) const {
    return config_.passive.has_value() && config_.ports[port].controller != owner_;
  }
  // Groups that are transitioning without an end in sight return to their home states.
  void end_stuck_transitions();

  // --- LUNs
  // --------------------------------------------------------------------------------------------
  size_t lun_count() const { return luns_.size(); }
  Lun* find_lun(uint64_t raw);
  Lun& lun(size_t index) { return *luns_[index]; }
  const Lun& lun(size_t index) const { return *luns_[index]; }
  // Grows or shrinks a RAM LUN; 2A/09 to every nexus.
  base::Status resize_lun(size_t index, uint64_t size_bytes);
  // The LUN shows another identity from now on; 3F/05 to every nexus.
  void change_identity(size_t index);
  void note_write(const Lun& lun, uint64_t lba, uint64_t blocks, const Nexus& nexus);

  // Queues a unit attention for every nexus but `except`, for one LUN (or all: kEveryLun).
  static constexpr size_t kEveryLun = SIZE_MAX;
  void attention_for_all(uint16_t code, size_t lun, const Nexus* except = nullptr);

  uint16_t group_of_port(unsigned port) const {
    return static_cast<uint16_t>(config_.ports[port].controller + 1);
  }
  // The nexus of these two ports, if it is there now.
  Nexus* find_nexus(unsigned port, const InitiatorPort& initiator);
  // The ports of an initiator node that are logged in somewhere.
  std::vector<InitiatorPort> initiator_ports(std::string_view name) const;
  // Aborts the tasks of the nexus for one LUN (or all: kEveryLun), unexecuted.
  void abort_tasks(Nexus& nexus, size_t lun);
  size_t task_count() const;
  size_t nexus_count() const { return nexuses_.size(); }

 private:
  struct Port {
    bool enabled = true;
    Silence silence = Silence::none;
    PortFaults faults;
    PortObserver* observer = nullptr;
  };
  struct Controller {
    bool alive = true;
    bool frozen = false;
  };

  friend struct HeldTask;

  Array(const Config& config, base::Scheduler& scheduler);
  void resume(HeldTask& held);
  void execute(Task& task);
  bool inject_fault(Task& task);
  void answer(Task& task);
  void end_nexus(Nexus& nexus, NexusEnd reason);
  void end_nexuses_of_port(unsigned port, NexusEnd reason);
  void release_held(unsigned controller);
  void tell_port(unsigned port, PortState before);
  template <typename Change>
  void change_ports(Change&& change);
  void announce_access_change();
  void on_transition_done();

  Config config_;
  base::Scheduler& scheduler_;
  Groups groups_;
  std::vector<Port> ports_;
  std::vector<Controller> controllers_;
  std::vector<std::unique_ptr<Lun>> luns_;
  std::vector<std::unique_ptr<Nexus>> nexuses_;
  uint64_t next_nexus_id_ = 1;
  Journal* journal_ = nullptr;
  SetGroupsFaults set_groups_faults_;
  unsigned owner_ = 0;
  uint16_t transition_group_ = 0;
  scsi::AccessState transition_after_ = scsi::AccessState::active_optimized;
  base::MemberTimer<&Array::on_transition_done> transition_timer_{*this};
};

}  // namespace array
