// See engine.h: commands. Lock order: a lane's, then the engine's.
#include "windows/driver/engine.h"

namespace driver {

dsm::Pick Engine::choose(dsm::Lun& lun, const dsm::Shape& shape, dsm::PathId& path,
                         uint32_t& load) {
  const unsigned lane = lanes_.here();
  const SpinGuard guard(lanes_.of(lane));
  const dsm::Pick pick = dsm::select(lun, lane, shape);
  if (!pick.found()) {
    return pick;
  }
  // The weight waits for begin(), which may come after another command's choice.
  dsm::Lane& counters = lun.published.lanes[lane];
  load = counters.chosen_load;
  counters.chosen_load = 0;
  // Stable: whoever takes it away waits for this lane first.
  path = lun.nexus_at(pick.slot)->path->id;
  return pick;
}

bool Engine::begin(dsm::Token& token, Device& device, uint32_t load) {
  dsm::Lun& lun = *device.lun;
  const unsigned lane = lanes_.here();
  const SpinGuard lane_guard(lanes_.of(lane));
  const uint64_t word = lun.published.word.load(std::memory_order_acquire);
  if (((dsm::mask_of(word) >> device.slot) & 1U) != 0) {
    dsm::Lane& counters = lun.published.lanes[lane];
    counters.chosen_load = load;
    if (dsm::begin(token, lun, lane, {.word = word, .slot = device.slot})) {
      return true;
    }
    counters.chosen_load = 0;
  }
  // MPIO will send it there all the same.
  const SpinGuard guard(lock_);
  return module_.begin_on_path(token, lun.id, lane, device.path_number).ok();
}

bool Engine::move(dsm::Token& token, const dsm::Pick& pick, uint32_t load) {
  const dsm::LunId lun = token.lun->id;
  dsm::MoveResult result;
  {
    dsm::Lane& counters = *token.lane;
    const SpinGuard guard(lanes_.of(static_cast<unsigned>(&counters - token.lun->published.lanes)));
    counters.chosen_load = load;
    result = dsm::move(token, pick);
    counters.chosen_load = 0;
  }
  if (result.old_slot == dsm::CompleteResult::slot_idle) {
    post_idle(lun);
  }
  return result.moved;
}

void Engine::complete(dsm::Token& token, const dsm::Ended& ended) {
  const dsm::LunId lun = token.lun->id;
  const auto lane = static_cast<unsigned>(token.lane - token.lun->published.lanes);
  dsm::CompleteResult result;
  {
    const SpinGuard guard(lanes_.of(lane));
    result = dsm::complete(token, ended);
  }
  if (result == dsm::CompleteResult::slot_idle) {
    post_idle(lun);
  }
}

// By number: with its last command the LUN may have gone already.
void Engine::post_idle(dsm::LunId id) {
  {
    const SpinGuard guard(lock_);
    for (LunHost* lun = luns_; lun != nullptr; lun = lun->next) {
      if (lun->id == id) {
        queue(lun->idle);
      }
    }
  }
  pump();
}

}  // namespace driver
