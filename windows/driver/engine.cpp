// See engine.h: events in.
#include "windows/driver/engine.h"

#include "windows/driver/own_command.h"
#include "windows/driver/pool.h"

namespace driver {

Engine::Engine(unsigned lane_count) : module_(config_), lanes_(lane_count, on_lanes, this) {
  config_.lane_count = lane_count;
  KeInitializeTimer(&timer_);
  KeInitializeDpc(&timer_dpc_, on_timer, this);
}

void Engine::post(Signal& signal) {
  {
    const SpinGuard guard(lock_);
    queue(guard.here(), signal);
  }
  pump();
}

void Engine::queue(UnderLock, Signal& signal) {
  if (!signal.queued) {
    signal.queued = true;
    signal.next = nullptr;
    (last_ != nullptr ? last_->next : first_) = &signal;
    last_ = &signal;
  }
}

void Engine::unqueue(UnderLock, Signal& signal) {
  Signal* before = nullptr;
  for (Signal* at = first_; at != nullptr; before = at, at = at->next) {
    if (at == &signal) {
      (before != nullptr ? before->next : first_) = at->next;
      last_ = at == last_ ? before : last_;
      at->queued = false;
      return;
    }
  }
}

void Engine::call(AtPassive here, Call& call) {
  post(call);
  call.done.wait(here);
}

void Engine::tell(AtPassive here, const dsm::Event& event) {
  Call one(event);
  call(here, one);
}

// One thread at a time carries out and goes on; the others leave their events and go.
void Engine::pump() {
  {
    const SpinGuard guard(lock_);
    if (pumping_) {
      return;
    }
    pumping_ = true;
  }
  for (;;) {
    while (take_list()) {
      for (const dsm::Action& action : lists_[filling_ ^ 1U]) {
        carry_out(action);
      }
    }
    if (!next_step()) {
      return;
    }
  }
}

// What the DSM has decided becomes the list to carry out; it fills the other one meanwhile.
bool Engine::take_list() {
  const SpinGuard guard(lock_);
  if (lists_[filling_].empty()) {
    return false;
  }
  filling_ ^= 1U;
  lists_[filling_].clear();
  return true;
}

// False: nothing is left to do, and this thread is not the one that pumps any more.
bool Engine::next_step() {
  const SpinGuard guard(lock_);
  if (!lists_[filling_].empty()) {
    return true;  // of a command that was interpreted meanwhile
  }
  // Before the DSM goes on to other LUNs, whose commands may come to nothing too.
  if (unsent_ != 0) {
    feed_unsent(guard.here());
    return true;
  }
  if (more_) {
    more_ = trace_.resume(module_, now_ns(), lists_[filling_]) == dsm::Progress::more;
    return true;
  }
  if (synchronised_ != 0) {
    feed_synchronised(guard.here());
    return true;
  }
  if (current_ != nullptr) {
    finish(*current_);
    current_ = nullptr;
  }
  if (first_ == nullptr) {
    pumping_ = false;
    if (settled_ != nullptr) {
      settled_->set();
      settled_ = nullptr;
    }
    return false;
  }
  Signal& signal = *first_;
  first_ = signal.next;
  last_ = first_ == nullptr ? nullptr : last_;
  signal.queued = false;
  deal_with(guard.here(), signal);
  return true;
}

// One at a time. The DSM keeps a LUN that waits for the end of a command.
void Engine::feed_unsent(UnderLock held) {
  LunHost* lun = luns_;
  while (lun->unsent.empty()) {
    lun = lun->next;
  }
  const Unsent unsent = lun->unsent.back();
  lun->unsent.pop_back();
  --unsent_;
  feed_made(held, [lun, &unsent] {
    return dsm::event::command_done(now_ns(), lun->id, unsent.nexus,
                                    {.id = unsent.id, .outcome = dsm::TransportOutcome::not_sent});
  });
}

void Engine::feed(UnderLock, const dsm::Event& event) {
  more_ = trace_.on(module_, event, lists_[filling_]) == dsm::Progress::more;
}

void Engine::deal_with(UnderLock held, Signal& signal) {
  switch (signal.kind) {
    case Signal::Kind::caller:
      current_ = &signal;
      resume_before_last_goes(held, static_cast<Call&>(signal).event);
      feed(held, static_cast<Call&>(signal).event);
      break;
    case Signal::Kind::command_done:
      current_ = &signal;
      feed_made(held, [&signal] { return static_cast<OwnCommand&>(signal).event(); });
      break;
    case Signal::Kind::slot_idle:
      for (LunHost* lun = luns_; lun != nullptr; lun = lun->next) {
        if (&lun->idle == &signal) {
          feed_made(held, [lun] {
            return dsm::event::of_lun(dsm::EventKind::slot_idle, now_ns(), lun->id);
          });
          break;
        }
      }
      break;
    case Signal::Kind::path_gone:
      for (PathHost* path = paths_; path != nullptr; path = path->next) {
        if (&path->gone == &signal) {
          let_go(held, *path);
          break;
        }
      }
      break;
    case Signal::Kind::path_mistrusted:
      begin_mistrust(held, signal);
      break;
    case Signal::Kind::timer:
      tell_due_timers(held);
      break;
    case Signal::Kind::round_ended:
      end_round(held);
      begin_round(held);  // for who has asked meanwhile
      break;
  }
}

// Unless a device has come back on it: what MPIO let go of is the path as it was before.
void Engine::let_go(UnderLock held, PathHost& path) {
  for (const Device* at = devices_; at != nullptr; at = at->next_device) {
    if (at->path == &path && takes_commands(*at)) {
      return;
    }
  }
  path.trusted_at = 0;
  set_timer(held);
  feed_made(held, [&path] {
    return dsm::event::of_path(dsm::EventKind::path_removed, now_ns(), path.id);
  });
}

// One LUN or path at a time: the lists have room for one step.
void Engine::tell_due_timers(UnderLock held) {
  const dsm::TimeNs now = now_ns();
  LunHost* lun = luns_;
  while (lun != nullptr && (lun->due == 0 || lun->due > now)) {
    lun = lun->next;
  }
  if (lun != nullptr) {
    lun->due = 0;
    feed_made(held, [now, lun] { return dsm::event::of_lun(dsm::EventKind::timer, now, lun->id); });
  } else if (const dsm::PathId trusted = end_mistrust(held, now); trusted != 0) {
    feed_made(held, [now, trusted] {
      return dsm::event::of_path(dsm::EventKind::path_trusted, now, trusted);
    });
  }
  set_timer(held);
}

// What the signal brought about has been carried out.
void Engine::finish(Signal& signal) {
  if (signal.kind == Signal::Kind::caller) {
    static_cast<Call&>(signal).done.set();  // ends with it
  } else {
    --commands_out_;
    static_cast<OwnCommand&>(signal).destroy();
  }
}

dsm::Verdict Engine::interpret(dsm::Nexus& nexus, const dsm::Completion& completion, bool& known) {
  dsm::Verdict verdict;
  known = false;
  for (unsigned attempt = 0; attempt < 2 && !known; ++attempt) {
    {
      const SpinGuard guard(lock_);
      dsm::Actions& list = lists_[filling_];
      if (list.room() >= dsm::kActionsPerStep) {
        const bool was_in_use = is_in_use(nexus);
        verdict = trace_.interpret(module_, nexus, completion, list);
        static_cast<Device&>(nexus).failovers += verdict.failover && was_in_use ? 1 : 0;
        known = true;
      }
    }
    pump();
  }
  return verdict;
}

void Engine::trace_registration(ULONG dsm_type, NTSTATUS status) {
  const SpinGuard guard(lock_);
  trace_.registered(dsm_type, status);
}

void Engine::trace_ignored(const IgnoredSetting& setting) {
  if (is_traced()) {
    const SpinGuard guard(lock_);
    trace_.ignored(setting);
  }
}

void Engine::trace_not_claimed(const NotClaimed& device) {
  if (is_traced()) {
    const SpinGuard guard(lock_);
    trace_.not_claimed(device);
  }
}

dsm::OperationResult Engine::run(AtPassive here, dsm::Operation operation,
                                 base::Bytes parameter_list) {
  PendingOperation pending;
  pending.parameter_list = parameter_list;
  {
    const SpinGuard guard(lock_);
    last_operation_ = last_operation_ == UINT32_MAX ? 1 : last_operation_ + 1;
    operation.id = pending.id = last_operation_;
    pending.next = operations_;
    operations_ = &pending;
  }
  tell(here, dsm::event::start(now_ns(), operation));
  pending.done.wait(here);
  return pending.result;
}

}  // namespace driver
