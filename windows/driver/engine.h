// Runs the DSM in the kernel: one event at a time, in the order in which they were told, and the
// DSM's actions in the order in which it asked for them.
//
// Locks: one spin lock is around every call of the DSM's control plane, so dsm::LockOps stay empty:
// those calls are rare and short, and a single lock cannot be taken in a wrong order. It is never
// held while an action is carried out. Commands take no lock (lanes.h).
//
// IRQL: what waits asks for an AtPassive; all else may be called up to DISPATCH_LEVEL. Whoever
// tells of something while nobody carries out does it himself, at his own IRQL; that is why no
// action here needs less than DISPATCH_LEVEL.
#pragma once

#include <new>
#include <type_traits>

#include "dsm/module.h"
#include "windows/driver/device.h"
#include "windows/driver/lanes.h"
#include "windows/driver/sync.h"
#include "windows/driver/trace.h"

namespace driver {

struct OwnCommand;

// An event of a thread that waits until it has been dealt with. For the thread's stack.
struct Call : Signal {
  explicit Call(const dsm::Event& what) : Signal(Kind::caller), event(what) {}
  const dsm::Event& event;
  dsm::Nexus* joined = nullptr;  // nexus_arrived
  bool refused = false;
  Done done;
};

// An operation whose end a thread waits for.
struct PendingOperation {
  dsm::OperationId id = 0;
  base::Bytes parameter_list;  // reserve_out: the client's own
  dsm::OperationResult result;
  PendingOperation* next = nullptr;
  Done done;
};

class Engine {
 public:
  explicit Engine(unsigned lane_count);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // To be changed before MPIO knows of the driver, and not afterwards.
  dsm::Config& config() { return config_; }
  const dsm::Config& config() const { return config_; }

  // MPIO's context of this DSM, once it has registered.
  void set_mpio(PVOID context) { mpio_context_ = context; }

  // Trace sessions find the driver from here on, until shut_down().
  void start_trace(AtPassive here) { trace_.start(here); }
  bool is_traced() const { return trace_.wanted(); }
  // Events that are not of the DSM's calls. Up to DISPATCH_LEVEL.
  void trace_registration(ULONG dsm_type, NTSTATUS status);
  void trace_ignored(const IgnoredSetting& setting);
  void trace_not_claimed(const NotClaimed& device);

  // Removes what is left and waits until all of it has been given back.
  void shut_down(AtPassive here);

  // Tells the DSM of something. Twice is once while it has not been dealt with.
  void post(Signal& signal);
  // The same, and waits until all that it led to has been carried out.
  void call(AtPassive here, Call& call);
  void tell(AtPassive here, const dsm::Event& event);
  // Runs an operation to its end. `parameter_list`: of reserve_out.
  dsm::OperationResult run(AtPassive here, dsm::Operation operation,
                           base::Bytes parameter_list = {});

  // A LUN down a path has been seen (InquireDriver). Null: refused or no memory.
  Device* add(AtPassive here, const dsm::ClaimResult& claim, const dsm::ArrivalSettings& settings,
              dsm::PathId path, PathName name, DEVICE_OBJECT* target);
  void set_target(Device& device, DEVICE_OBJECT* target);
  void remove(AtPassive here, Device& device);  // `device` is gone or ends with its last command
  void remove_path(dsm::PathId path);

  // What a failed command means. `known` is false when there was no room to find out.
  dsm::Verdict interpret(dsm::Nexus& nexus, const dsm::Completion& completion, bool& known);

  // The I/O path.
  Lanes& lanes() { return lanes_; }

  bool is_path_active(dsm::PathId path, dsm::NexusId nexus);
  // Some path of the LUN accepts reads and writes, or is on its way there, as far as is known.
  bool accepts_commands(const dsm::Lun& lun);

  // A look at what the DSM knows, and at the devices, under the lock: nothing changes meanwhile,
  // and nothing here may be called.
  template <typename F>
  auto inspect(F&& look) {
    const SpinGuard guard(lock_);
    return look(static_cast<const dsm::Module&>(module_));
  }
  template <typename F>
  void for_each_device(F&& look) {
    const SpinGuard guard(lock_);
    for (Device* at = devices_; at != nullptr; at = at->next_device) {
      look(*at);
    }
  }

 private:
  friend struct OwnCommand;

  void queue(UnderLock held, Signal& signal);
  void pump();
  bool take_list();
  bool next_step();
  void deal_with(UnderLock held, Signal& signal);
  void feed(UnderLock held, const dsm::Event& event);
  // What `make` returns. One event is told at a time, so that it need not lie on the stack.
  template <typename F>
  void feed_made(UnderLock held, F&& make) {
    static_assert(std::is_trivially_destructible_v<dsm::Event>);
    feed(held, *new (&made_event_) dsm::Event(make()));
  }
  void let_go(UnderLock held, PathHost& path);
  void tell_due_timers(UnderLock held);
  void mistrust(dsm::PathId path);
  void begin_mistrust(UnderLock held, const Signal& signal);
  dsm::PathId end_mistrust(UnderLock held, dsm::TimeNs now);
  void finish(Signal& signal);
  void unqueue(UnderLock held, Signal& signal);
  void wait_until_settled(AtPassive here);

  void carry_out(const dsm::Action& action);
  void send(const dsm::Action& action);
  bool data_out_of(const dsm::Send& send, base::Bytes& out);
  bool is_being_removed(UnderLock, const Device& device) const;
  void resume_before_last_goes(UnderLock, const dsm::Event& event);
  void notify_throttle(const dsm::Action& action);
  void synchronise_lanes(dsm::LunId lun);
  void begin_round(UnderLock held);
  void end_round(UnderLock held);
  void feed_synchronised(UnderLock held);
  void feed_unsent(UnderLock held);
  void arm(dsm::LunId lun, dsm::TimeNs due);
  void set_timer(UnderLock);
  void release(const dsm::Action& action);
  void note_joined(const dsm::Action& action);
  void end_operation(const dsm::OperationResult& result);
  static void NTAPI on_timer(KDPC* dpc, PVOID context, PVOID argument1, PVOID argument2);
  static void NTAPI on_lanes(KDPC* dpc, PVOID context, PVOID argument1, PVOID argument2);

  SpinLock lock_;  // guards everything down to `mpio_context_`
  dsm::Config config_;
  dsm::Module module_;
  Trace trace_{config_};
  dsm::Actions lists_[2];
  unsigned filling_ = 0;
  bool pumping_ = false;
  bool more_ = false;  // the DSM has not finished its last step
  Signal* first_ = nullptr;
  Signal* last_ = nullptr;
  Signal timer_signal_{Signal::Kind::timer};
  Signal round_signal_{Signal::Kind::round_ended};
  bool round_ = false;         // the lanes are passing a barrier, for the LUNs that asked for it
  unsigned synchronised_ = 0;  // LUNs whose barrier is passed and that the DSM has not been told of
  LunHost* luns_ = nullptr;
  PathHost* paths_ = nullptr;
  Device* devices_ = nullptr;
  PendingOperation* operations_ = nullptr;
  dsm::OperationId last_operation_ = 0;
  dsm::NexusId last_nexus_ = 0;
  dsm::LunId last_lun_ = 0;
  ULONG commands_out_ = 0;   // the DSM's own
  Done* settled_ = nullptr;  // told when nobody pumps any more
  PVOID mpio_context_ = nullptr;

  // Of whoever pumps.
  Signal* current_ = nullptr;
  dsm::Event made_event_;
  unsigned unsent_ = 0;  // commands that could not be sent and that the DSM has not been told of

  Lanes lanes_;
  KTIMER timer_{};
  KDPC timer_dpc_{};
};

}  // namespace driver
