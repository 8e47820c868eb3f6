// The end of a nexus: no new commands, the old ones end, the storage goes back. The counts of lanes
// are believed only after every lane has passed a barrier since the slot left the published mask
// (see dsm/select.h).
#include "base/bits.h"
#include "dsm/module.h"
#include "dsm/operation_engine.h"
#include "dsm/reservation/engine.h"

namespace dsm {
namespace {

constexpr TimeNs kDrainCheckNs = 100 * kNsPerMs;

void ask_for_synchronisation(Step& step, Lun& lun) {
  if (lun.synchronise_wanted != 0 && lun.synchronise_asked == 0) {
    lun.synchronise_asked = lun.synchronise_wanted;
    lun.synchronise_wanted = 0;
    add(step, ActionKind::synchronise_lanes, &lun);
  }
}

}  // namespace

void Module::begin_drain(Step& step, Nexus& nexus) {
  Lun& lun = *nexus.lun;
  nexus.lanes_trusted = false;
  lun.published.draining.fetch_or(base::bit(nexus.slot), std::memory_order_seq_cst);
  lun.synchronise_wanted |= base::bit(nexus.slot);
  ask_for_synchronisation(step, lun);
}

void Module::on_lanes_synchronised(Step& step, Lun& lun) {
  base::for_each_bit(lun.synchronise_asked, [&](unsigned slot) {
    if (Nexus* nexus = lun.nexus_at(slot)) {
      nexus->lanes_trusted = true;
    }
  });
  lun.synchronise_asked = 0;
  ask_for_synchronisation(step, lun);
}

bool Module::collect(Step& step, Lun& lun) {
  const uint32_t draining = lun.published.draining.load(std::memory_order_relaxed);
  unsigned served = 0;
  for (unsigned slot = 0; slot < kMaxPathsPerLun; ++slot) {
    Nexus* nexus = (draining >> slot & 1U) != 0 ? lun.nexus_at(slot) : nullptr;
    if (nexus == nullptr || !nexus->lanes_trusted) {
      continue;
    }
    if (lun.in_flight(slot) != 0) {
      busy_ |= base::bit(slot);
      continue;
    }
    const bool let_go = nexus->lifecycle == Lifecycle::gone && nexus->commands == 0;
    if (nexus->drained_told && !let_go) {
      continue;
    }
    if (served++ == kReleasesPerStep) {
      lun.drain_check_at = step.now;
      break;
    }
    if (!nexus->drained_told) {
      nexus->drained_told = true;
      Action& action = add(step, ActionKind::drained, &lun);
      action.nexus = nexus->id;
      action.path = nexus->path->id;
    }
    if (let_go) {
      detach(step, *nexus);
    }
  }
  if (lun.nexus_count == 0) {
    release_lun(step, lun);
    return false;
  }
  // A lane that backed out of begin() at the wrong moment tells nobody, so look again now and then.
  if (busy_ != 0 && lun.drain_check_at == 0) {
    lun.drain_check_at = step.now + kDrainCheckNs;
  }
  return true;
}

void Module::detach(Step& step, Nexus& nexus) {
  Lun& lun = *nexus.lun;
  Path& path = *nexus.path;
  const unsigned slot = nexus.slot;
  lun.published.nexus[slot].store(nullptr, std::memory_order_release);
  lun.published.draining.fetch_and(~base::bit(slot), std::memory_order_relaxed);
  lun.plan.effective[slot] = EffectiveState::absent;
  for (NexusId* id : {&lun.preferred, &lun.moved_to, &lun.claimant}) {
    *id = *id == nexus.id ? 0 : *id;
  }
  if (path.fan_cursor == &nexus) {
    path.fan_cursor = nexus.path_next;
  }
  Nexus** link = &path.first;
  while (*link != &nexus) {
    link = &(*link)->path_next;
  }
  *link = nexus.path_next;
  --path.nexus_count;
  --lun.nexus_count;
  reservation::on_left(lun, nexus);
  tables_.nexuses.remove(nexus.id, nexus);
  Action& action = add(step, ActionKind::release, &lun);
  action.released = Released::nexus;
  action.nexus = nexus.id;
  action.path = path.id;
  action.storage = &nexus;
  action.host = nexus.host;
  release_path_if_unused(step, path);
}

void Module::release_path_if_unused(Step& step, Path& path) {
  if (!path.removed || path.nexus_count != 0 || path.fanning_out) {
    return;
  }
  tables_.paths.remove(path.id, path);
  Action& action = add(step, ActionKind::release, nullptr);
  action.released = Released::path;
  action.path = path.id;
  action.storage = &path;
  action.host = path.host;
}

void Module::release_lun(Step& step, Lun& lun) {
  operations::on_nexus_leaving(step, lun, 0);
  reservation::on_lun_leaving(step, lun);
  if (lun.published.throttled.load(std::memory_order_relaxed)) {
    add(step, ActionKind::resume, &lun);
  }
  if (lun.timer_due != 0) {
    add(step, ActionKind::cancel_timer, &lun);
  }
  tables_.luns.remove(lun.id, lun);
  tables_.identities.remove(lun.identity.hash(), lun);
  Action& lanes = add(step, ActionKind::release, &lun);
  lanes.released = Released::lanes;
  lanes.storage = lun.published.lanes;
  lanes.host = lun.host;
  Action& storage = add(step, ActionKind::release, &lun);
  storage.released = Released::lun;
  storage.storage = &lun;
  storage.host = lun.host;
}

}  // namespace dsm
