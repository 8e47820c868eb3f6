// See engine.h: actions out. Up to DISPATCH_LEVEL, without the lock.
#include "windows/driver/engine.h"
#include "windows/driver/own_command.h"
#include "windows/driver/pool.h"

namespace driver {
namespace {

template <typename T>
void unlink(T*& list, T* wanted, T* T::*next) {
  for (T** at = &list; *at != nullptr; at = &((*at)->*next)) {
    if (*at == wanted) {
      *at = wanted->*next;
      return;
    }
  }
}

template <typename T>
bool contains(T* list, const T* wanted, T* T::*next) {
  for (T* at = list; at != nullptr; at = at->*next) {
    if (at == wanted) {
      return true;
    }
  }
  return false;
}

}  // namespace

void Engine::carry_out(const dsm::Action& action) {
  switch (action.kind) {
    case dsm::ActionKind::joined:
      note_joined(action);
      break;
    case dsm::ActionKind::refused:
      if (current_ != nullptr && current_->kind == Signal::Kind::caller) {
        static_cast<Call*>(current_)->refused = true;
      }
      break;
    case dsm::ActionKind::send:
      send(action);
      break;
    case dsm::ActionKind::throttle:
    case dsm::ActionKind::resume:
      notify_throttle(action);
      break;
    case dsm::ActionKind::arm_timer:
      arm(action.lun, action.due);
      break;
    case dsm::ActionKind::cancel_timer:
      arm(action.lun, 0);
      break;
    case dsm::ActionKind::synchronise_lanes:
      synchronise_lanes(action.lun);
      break;
    case dsm::ActionKind::release:
      release(action);
      break;
    case dsm::ActionKind::op_done:
      end_operation(action.result);
      break;
    case dsm::ActionKind::mistrust_path:
      mistrust(action.path);
      break;
    case dsm::ActionKind::drained:  // RemoveDevice comes when MPIO thinks so
    case dsm::ActionKind::report:   // nobody listens yet
      break;
  }
}

void Engine::note_joined(const dsm::Action& action) {
  LunHost* const lun = static_cast<LunHost*>(action.lun_object);
  PathHost* const path = static_cast<PathHost*>(action.nexus_object->path);
  Device* const device = static_cast<Device*>(action.nexus_object);
  const SpinGuard guard(lock_);
  if (!contains(luns_, lun, &LunHost::next)) {
    lun->next = luns_;
    luns_ = lun;
  }
  if (!contains(paths_, path, &PathHost::next)) {
    path->next = paths_;
    paths_ = path;
  }
  device->next_device = devices_;
  devices_ = device;
  if (current_ != nullptr && current_->kind == Signal::Kind::caller) {
    static_cast<Call*>(current_)->joined = device;
  }
}

void Engine::release(const dsm::Action& action) {
  switch (action.released) {
    case dsm::Released::lun: {
      LunHost* const lun = static_cast<LunHost*>(static_cast<dsm::Lun*>(action.storage));
      {
        const SpinGuard guard(lock_);
        unlink(luns_, lun, &LunHost::next);
        unqueue(guard.here(), lun->idle);
      }
      release_block(lun, kLunTag);
      break;
    }
    case dsm::Released::lanes:
      release_block(action.storage, kLanesTag);
      break;
    case dsm::Released::path: {
      PathHost* const path = static_cast<PathHost*>(static_cast<dsm::Path*>(action.storage));
      {
        const SpinGuard guard(lock_);
        unlink(paths_, path, &PathHost::next);
        unqueue(guard.here(), path->gone);
        unqueue(guard.here(), path->mistrusted);
      }
      release_block(path, kPathTag);
      break;
    }
    case dsm::Released::nexus: {
      Device* const device = static_cast<Device*>(static_cast<dsm::Nexus*>(action.storage));
      {
        const SpinGuard guard(lock_);
        unlink(devices_, device, &Device::next_device);
      }
      release_block(device, kDeviceTag);
      break;
    }
  }
}

void Engine::end_operation(const dsm::OperationResult& result) {
  PendingOperation* ended = nullptr;
  {
    const SpinGuard guard(lock_);
    for (PendingOperation* at = operations_; at != nullptr; at = at->next) {
      ended = at->id == result.id ? at : ended;
    }
    unlink(operations_, ended, &PendingOperation::next);
  }
  if (ended != nullptr) {
    ended->result = result;
    ended->done.set();  // ends with it
  }
}

// By the event that is dealt with. MPIO's call is not over, so it knows it still.
bool Engine::is_being_removed(UnderLock, const Device& device) const {
  if (current_ == nullptr || current_->kind != Signal::Kind::caller) {
    return false;
  }
  const dsm::Event& event = static_cast<Call*>(current_)->event;
  return event.kind == dsm::EventKind::nexus_removed && event.nexus == device.id;
}

// Before the event. The last device of a LUN goes while its I/O is held: nobody
// else could be named later, when the DSM has what it waited for, and MPIO may keep the LUN and
// what it holds for as long as it waits for a path.
void Engine::resume_before_last_goes(UnderLock, const dsm::Event& event) {
  if (event.kind != dsm::EventKind::nexus_removed) {
    return;
  }
  const dsm::Nexus* const going = module_.find_nexus(event.nexus);
  const LunHost* const lun = going != nullptr ? static_cast<LunHost*>(going->lun) : nullptr;
  if (lun == nullptr || !lun->held) {
    return;
  }
  for (const Device* at = devices_; at != nullptr; at = at->next_device) {
    if (at != going && at->lun == lun && at->target_is_mpios &&
        at->lifecycle != dsm::Lifecycle::gone) {
      return;
    }
  }
  dsm::Action resume;
  resume.kind = dsm::ActionKind::resume;
  resume.lun = lun->id;
  static_cast<void>(lists_[filling_].push_back(resume));  // it is empty
}

// MPIO holds, or takes up again, the I/O of the whole LUN, whichever of its devices is named.
void Engine::notify_throttle(const dsm::Action& action) {
  const bool hold = action.kind == dsm::ActionKind::throttle;
  Device* named = nullptr;
  PVOID context = nullptr;
  {
    const SpinGuard guard(lock_);
    context = mpio_context_;
    for (Device* at = devices_; at != nullptr && named == nullptr; at = at->next_device) {
      const bool there =
          at->lun != nullptr && at->lun->id == action.lun && at->target_is_mpios &&
          (at->lifecycle != dsm::Lifecycle::gone || (!hold && is_being_removed(guard.here(), *at)));
      named = there ? at : nullptr;
    }
    // Before MPIO knows the LUN, and when it has let go of it, there is no I/O to hold; what was
    // never held is not taken up again.
    LunHost* const lun = named != nullptr ? static_cast<LunHost*>(named->lun) : nullptr;
    if (lun == nullptr || context == nullptr || lun->held == hold) {
      return;
    }
    lun->held = hold;
  }
  NTSTATUS status = STATUS_SUCCESS;
  // MPIO takes up what it held before this call comes back. At PASSIVE_LEVEL it might call an entry
  // point that waits for an event to be dealt with, on the thread that does that.
  const AtDispatch no_waiting;
  // The last but one asks MPIO to choose paths anew for what it held.
  DsmNotification(context, hold ? ThrottleIO_V2 : ResumeIO_V2, static_cast<PVOID>(named),
                  static_cast<ULONG>(hold ? FALSE : TRUE), &status, LONG{0});
}

void Engine::arm(dsm::LunId lun_id, dsm::TimeNs due) {
  const SpinGuard guard(lock_);
  for (LunHost* lun = luns_; lun != nullptr; lun = lun->next) {
    if (lun->id == lun_id) {
      lun->due = due;
    }
  }
  set_timer(guard.here());
}

// One timer serves all LUNs and paths, so none can be left over when one goes.
void Engine::set_timer(UnderLock) {
  dsm::TimeNs next = 0;
  const auto sooner = [&next](dsm::TimeNs due) {
    next = due != 0 && (next == 0 || due < next) ? due : next;
  };
  for (const LunHost* lun = luns_; lun != nullptr; lun = lun->next) {
    sooner(lun->due);
  }
  for (const PathHost* path = paths_; path != nullptr; path = path->next) {
    sooner(path->trusted_at);
  }
  if (next == 0) {
    KeCancelTimer(&timer_);
    return;
  }
  const dsm::TimeNs now = now_ns();
  LARGE_INTEGER due;
  // Negative: from now on. Rounded up, so that it is not early.
  due.QuadPart =
      next <= now ? 0 : -static_cast<LONGLONG>((next - now + kNsPerTick - 1) / kNsPerTick);
  KeSetTimer(&timer_, due, &timer_dpc_);
}

void NTAPI Engine::on_timer(KDPC*, PVOID context, PVOID, PVOID) {
  Engine& engine = *static_cast<Engine*>(context);
  engine.post(engine.timer_signal_);
}

// What goes to the target with the command. False: it belonged to an operation that has ended. One
// that has not is not ended by anybody but whoever carries out.
bool Engine::data_out_of(const dsm::Send& send, base::Bytes& out) {
  out = base::Bytes(send.data_out.data(), send.data_out_bytes);
  if (send.data_of_operation == 0) {
    return true;
  }
  const SpinGuard guard(lock_);
  for (const PendingOperation* at = operations_; at != nullptr; at = at->next) {
    if (at->id == send.data_of_operation) {
      out = at->parameter_list;
      return true;
    }
  }
  return false;
}

void Engine::send(const dsm::Action& action) {
  DEVICE_OBJECT* target = nullptr;
  Device* device = nullptr;
  bool through_mpio = false;
  PVOID context = nullptr;
  {
    const SpinGuard guard(lock_);
    device = static_cast<Device*>(module_.find_nexus(action.nexus));
    if (device != nullptr && device->target != nullptr) {
      target = device->target;
      through_mpio = device->target_is_mpios;
      context = mpio_context_;
      ++commands_out_;
    }
  }
  base::Bytes data_out;
  OwnCommand* const command = target != nullptr && data_out_of(action.send, data_out)
                                  ? OwnCommand::create(*this, action, data_out, *target)
                                  : nullptr;
  if (command == nullptr) {
    const SpinGuard guard(lock_);
    commands_out_ -= target != nullptr ? 1 : 0;
    if (device != nullptr) {
      LunHost& lun = static_cast<LunHost&>(*device->lun);
      const bool noted = lun.unsent.push_back({action.nexus, action.send.id});
      BASE_ASSERT(noted);
      ++unsent_;
    }
    return;
  }
  if (command->submit(*target, through_mpio ? context : nullptr, device)) {
    const SpinGuard guard(lock_);
    queue(guard.here(), *command);  // for whoever carries out: that is here
  }
}

}  // namespace driver
