// See engine.h: what the lanes of the commands tell, and the barriers they pass. The DSM believes
// the counts of a LUN that lets go of something only when all lanes have passed one since; one
// round of the lanes serves all LUNs that want one.
#include "windows/driver/engine.h"

namespace driver {

void NTAPI Engine::on_lanes(KDPC*, PVOID context, PVOID, PVOID) {
  Engine& engine = *static_cast<Engine*>(context);
  {
    const SpinGuard guard(engine.lock_);
    if (engine.lanes_.take_passed()) {
      engine.queue(guard.here(), engine.round_signal_);
    }
    if (engine.lanes_.take_idle()) {
      // Which it was nobody knows: with its last command a LUN may have gone already.
      for (LunHost* lun = engine.luns_; lun != nullptr; lun = lun->next) {
        if (lun->published.draining.load(std::memory_order_relaxed) != 0) {
          engine.queue(guard.here(), lun->idle);
        }
      }
    }
  }
  engine.pump();
}

void Engine::synchronise_lanes(dsm::LunId id) {
  const SpinGuard guard(lock_);
  for (LunHost* lun = luns_; lun != nullptr; lun = lun->next) {
    if (lun->id == id) {
      lun->barrier = Barrier::wanted;
    }
  }
  if (!round_) {
    begin_round(guard.here());
  }
}

void Engine::begin_round(UnderLock held) {
  for (LunHost* lun = luns_; lun != nullptr; lun = lun->next) {
    if (lun->barrier == Barrier::wanted) {
      lun->barrier = Barrier::passing;
      round_ = true;
    }
  }
  if (round_ && lanes_.pass_all()) {
    end_round(held);
  }
}

void Engine::end_round(UnderLock) {
  round_ = false;
  for (LunHost* lun = luns_; lun != nullptr; lun = lun->next) {
    if (lun->barrier == Barrier::passing) {
      lun->barrier = Barrier::passed;
      ++synchronised_;
    }
  }
}

// One LUN at a time. The DSM keeps a LUN that waits for its barrier.
void Engine::feed_synchronised(UnderLock held) {
  LunHost* lun = luns_;
  while (lun->barrier != Barrier::passed) {
    lun = lun->next;
  }
  lun->barrier = Barrier::none;
  --synchronised_;
  feed_made(held, [lun] {
    return dsm::event::of_lun(dsm::EventKind::lanes_synchronised, now_ns(), lun->id);
  });
}

}  // namespace driver
