// Nexuses and paths come, change and go.
#include "base/bits.h"
#include "dsm/locks.h"
#include "dsm/module.h"
#include "dsm/operation_engine.h"
#include "dsm/replan.h"
#include "dsm/reservation/engine.h"

namespace dsm {

using base::Code;
using base::Status;

namespace {

void give_back(Step& step, Released what, void* storage, void* host, uint32_t id) {
  Action& action = add(step, ActionKind::release, nullptr);
  action.released = what;
  action.storage = storage;
  action.host = host;
  switch (what) {
    case Released::lun:
    case Released::lanes:
      action.lun = id;
      break;
    case Released::path:
      action.path = id;
      break;
    case Released::nexus:
      action.nexus = id;
      break;
  }
}

// Of an arrival that came to nothing, or of the parts that were not needed.
void give_back_spares(Step& step, const Event& event, bool lun, bool path, bool nexus) {
  const Arrival& arrival = event.arrival;
  if (lun && arrival.spare_lun != nullptr) {
    give_back(step, Released::lun, arrival.spare_lun, arrival.lun_host, arrival.spare_lun_id);
  }
  if (lun && arrival.lanes != nullptr) {
    give_back(step, Released::lanes, arrival.lanes, arrival.lun_host, arrival.spare_lun_id);
  }
  if (path && arrival.path != nullptr) {
    give_back(step, Released::path, arrival.path, arrival.path_host, event.path);
  }
  if (nexus && arrival.nexus != nullptr) {
    give_back(step, Released::nexus, arrival.nexus, arrival.nexus_host, event.nexus);
  }
}

Slot free_slot(const Lun& lun) {
  for (unsigned slot = 0; slot < kMaxPathsPerLun; ++slot) {
    if (lun.nexus_at(slot) == nullptr) {
      return static_cast<Slot>(slot);
    }
  }
  return kNoSlot;
}

}  // namespace

Status Module::check_arrival(const Event& event) const {
  const Arrival& arrival = event.arrival;
  if (arrival.claim == nullptr || !arrival.claim->claimed() || arrival.nexus == nullptr ||
      event.nexus == 0 || event.path == 0) {
    return {Code::invalid_argument, "an arrival needs a claimed device, a nexus and a path"};
  }
  if (tables_.find_nexus(event.nexus) != nullptr) {
    return {Code::already_exists, "this nexus is known already"};
  }
  const Path* path = tables_.find_path(event.path);
  if (path == nullptr && arrival.path == nullptr) {
    return {Code::invalid_argument, "the path is new and brings no storage"};
  }
  const Lun* lun = tables_.find_lun(arrival.claim->identity);
  if (lun == nullptr) {
    if (arrival.spare_lun == nullptr || arrival.lanes == nullptr || arrival.spare_lun_id == 0) {
      return {Code::invalid_argument, "the LUN is new and brings no storage"};
    }
    return tables_.find_lun(arrival.spare_lun_id) == nullptr
               ? Status{}
               : Status{Code::already_exists, "another LUN has this number"};
  }
  if (lun->nexus_count == kMaxPathsPerLun) {
    return {Code::exhausted, "the LUN has 32 paths already, which is the most there can be"};
  }
  if (lun->support != arrival.claim->support) {
    return {Code::conflict, "the paths of this LUN disagree about its ALUA support"};
  }
  for (unsigned slot = 0; slot < kMaxPathsPerLun; ++slot) {
    const Nexus* other = lun->nexus_at(slot);
    if (other != nullptr && other->path == path && takes_commands(*other)) {
      return {Code::already_exists, "this path leads to the LUN already"};
    }
  }
  return {};
}

Path& Module::join_path(Step& step, const Event& event) {
  if (Path* known = tables_.find_path(event.path)) {
    give_back_spares(step, event, false, true, false);
    if (known->removed) {
      use_again(*known);
    }
    return *known;
  }
  Path& path = *event.arrival.path;
  path.id = event.path;
  path.host = event.arrival.path_host;
  tables_.paths.insert(path.id, path);
  return path;
}

// It has been removed, and comes back before its last command has ended: the host will not ask a
// second time. Nothing of its former life stays but those commands.
void Module::use_again(Path& path) {
  path.removed = false;
  path.successor = 0;
  path.former_lun = 0;
  forget_errors(path.errors);
  const bool was_marginal = path.marginal.exchange(false, std::memory_order_acq_rel);
  if (path.health.exchange(Health::up, std::memory_order_acq_rel) != Health::up || was_marginal) {
    begin_fan_out(path, Cause::arrival);
  }
}

Lun& Module::join_lun(Step& step, const Event& event) {
  const Arrival& arrival = event.arrival;
  if (Lun* known = tables_.find_lun(arrival.claim->identity)) {
    give_back_spares(step, event, true, false, false);
    return *known;
  }
  Lun& lun = *arrival.spare_lun;
  lun.id = arrival.spare_lun_id;
  lun.host = arrival.lun_host;
  lun.identity = arrival.claim->identity;
  lun.support = arrival.claim->support;
  lun.symmetric = is_symmetric(lun.support, 0, 0);
  lun.model = arrival.claim->model;
  const ArrivalSettings& settings = arrival.settings;
  const bool settled = find_policy(settings.policy) != nullptr;
  lun.policy = settled ? settings.policy : policy_by_default(config_, lun.model.view());
  lun.origin = settled ? settings.origin : SettingsOrigin::capability;
  lun.published.lanes = arrival.lanes;
  lun.published.lane_count = config_.lane_count;
  lun.published.count_statistics = config_.statistics;
  lun.published.sequential_cap.store(
      config_.least_blocks_cache ? config_.least_blocks_cache_bytes / Lane::kLoadUnitBytes : 0,
      std::memory_order_relaxed);
  lun.published.policy.store(find_policy(lun.policy), std::memory_order_release);
  tables_.luns.insert(lun.id, lun);
  tables_.identities.insert(lun.identity.hash(), lun);
  return lun;
}

// The next two are functions of their own so that what they need on the stack is not there under
// all that settling a LUN may lead to.
[[gnu::noinline]] bool Module::refuses_arrival(Step& step, const Event& event) {
  const Status status = check_arrival(event);
  if (!status.ok()) {
    refuse(step, event, status);
    give_back_spares(step, event, true, true, true);
  }
  return !status.ok();
}

[[gnu::noinline]] void Module::take_in(Step& step, const Event& event, Path& path, Lun& lun) {
  const Arrival& arrival = event.arrival;
  Nexus& nexus = *arrival.nexus;
  nexus.id = event.nexus;
  nexus.host = arrival.nexus_host;
  nexus.lun = &lun;
  nexus.path = &path;
  nexus.name = arrival.nexus_name;
  nexus.has_group = arrival.claim->has_group;
  nexus.target_port_group = arrival.claim->target_port_group;
  nexus.relative_target_port = arrival.claim->relative_target_port;
  nexus.desired = nexus.desired_before = arrival.settings.desire;
  nexus.weight = nexus.weight_before = arrival.settings.weight;
  if (arrival.settings.preferred) {
    lun.preferred = lun.before.preferred = nexus.id;
  }
  nexus.slot = free_slot(lun);
  nexus.statistics_before = statistics_of_slot(lun, nexus.slot);
  nexus.activated_at = sequence_.fetch_add(1, std::memory_order_relaxed);
  nexus.path_next = path.first;
  path.first = &nexus;
  ++path.nexus_count;
  ++lun.nexus_count;
  tables_.nexuses.insert(nexus.id, nexus);
  // A pick made before this slot's nexus came must not be taken for one of it: its generation is
  // older.
  const uint32_t generation =
      generation_of(lun.published.word.load(std::memory_order_relaxed)) + 1U;
  lun.published.since[nexus.slot].store(generation, std::memory_order_release);
  lun.published.nexus[nexus.slot].store(&nexus, std::memory_order_release);

  Action& joined = add(step, ActionKind::joined, &lun);
  joined.path = path.id;
  joined.nexus = nexus.id;
  joined.slot = nexus.slot;
  joined.lun_object = &lun;
  joined.nexus_object = &nexus;
}

void Module::on_nexus_arrived(Step& step, const Event& event) {
  if (refuses_arrival(step, event)) {
    return;
  }
  step.cause = Cause::arrival;
  Path& path = join_path(step, event);
  Lun& lun = join_lun(step, event);
  const LunGuard guard(config_.locks, lun);
  take_in(step, event, path, lun);
  replan(step, lun);
  settle(step, lun);
}

void Module::on_nexus_leaving(Step& step, Nexus& nexus, Lifecycle lifecycle) {
  if (nexus.lifecycle == Lifecycle::gone || nexus.lifecycle == lifecycle) {
    return;
  }
  const bool draining_already = nexus.lifecycle == Lifecycle::draining;
  step.cause = Cause::removal;
  nexus.lifecycle = lifecycle;
  nexus.path->former_lun = nexus.lun->id;
  operations::on_nexus_leaving(step, *nexus.lun, nexus.id);
  replan(step, *nexus.lun);
  if (!draining_already) {
    begin_drain(step, nexus);
  }
}

void Module::on_path_event(Step& step, EventKind kind, Path& path) {
  const Health health = path.health.load(std::memory_order_relaxed);
  switch (kind) {
    case EventKind::path_verified:
      if (health == Health::suspect) {
        path.health.store(Health::up, std::memory_order_release);
        begin_fan_out(path, Cause::path_verified);
      }
      break;
    case EventKind::path_suspect:
      if (health == Health::up) {
        path.health.store(Health::suspect, std::memory_order_release);
        begin_fan_out(path, Cause::path_suspect);
      }
      break;
    case EventKind::path_failed:
      path.health.store(Health::down, std::memory_order_release);
      path.failed_at = sequence_.fetch_add(1, std::memory_order_relaxed);
      begin_fan_out(path, Cause::path_failed);
      break;
    case EventKind::path_marginal:
    case EventKind::path_trusted: {
      const bool marginal = kind == EventKind::path_marginal;
      if (path.marginal.exchange(marginal, std::memory_order_acq_rel) != marginal) {
        begin_fan_out(path, marginal ? Cause::path_marginal : Cause::path_trusted);
      }
      break;
    }
    case EventKind::path_removed:
      path.removed = true;
      release_path_if_unused(step, path);
      break;
    default:
      break;
  }
}

void Module::begin_fan_out(Path& path, Cause cause) {
  path.fan_cause = cause;
  path.fan_cursor = path.first;
  if (path.fanning_out) {
    return;
  }
  path.fanning_out = true;
  path.fan_next = nullptr;
  (fan_last_ != nullptr ? fan_last_->fan_next : fan_first_) = &path;
  fan_last_ = &path;
}

// One LUN of the path that waits longest.
void Module::fan_out_one(Step& step) {
  Path& path = *fan_first_;
  Nexus* nexus = path.fan_cursor;
  if (nexus == nullptr) {
    fan_first_ = path.fan_next;
    fan_last_ = fan_first_ != nullptr ? fan_last_ : nullptr;
    path.fanning_out = false;
    end_fan_out(step, path);
    return;
  }
  path.fan_cursor = nexus->path_next;
  Lun& lun = *nexus->lun;
  const LunGuard guard(config_.locks, lun);
  // By sequence, not by cause: another change may have overtaken the failure on its way.
  if (nexus->activated_at < path.failed_at && nexus->health != Health::down) {
    report(step, lun, ReportWhat::health, static_cast<uint32_t>(nexus->health),
           static_cast<uint32_t>(Health::down), nexus);
    nexus->health = Health::down;
    reservation::on_down(lun, *nexus);
  }
  replan(step, lun);
  settle(step, lun);
}

void Module::end_fan_out(Step& step, Path& path) {
  path.successor = path.invalidations.empty() ? 0 : successor_of(path);
  for (const OperationId id : path.invalidations) {
    Action& action = add(step, ActionKind::op_done, nullptr);
    action.path = path.id;
    action.result = {.id = id,
                     .kind = OperationKind::invalidate_path,
                     .status = path.successor != 0
                                   ? Status{}
                                   : Status{Code::not_found, "no other path carries its LUNs"},
                     .successor = path.successor};
  }
  path.invalidations.clear();
  release_path_if_unused(step, path);
}

// A path that carries one of its LUNs now, or takes its reservation over - or the LUN that left it
// last, when the host has removed all its nexuses first.
PathId Module::successor_of(const Path& path) const {
  const auto carrier = [this](Lun& lun, const Path& not_this) -> PathId {
    const LunGuard guard(config_.locks, lun);
    const Nexus* const restorer = reservation::restorer(lun);
    if (restorer != nullptr && restorer->path != &not_this) {
      return restorer->path->id;
    }
    uint32_t mask = lun.candidates();
    while (mask != 0) {
      const Nexus* nexus = lun.nexus_at(base::lowest_bit(mask));
      if (nexus != nullptr && nexus->path != &not_this) {
        return nexus->path->id;
      }
      mask &= mask - 1;
    }
    return 0;
  };
  for (const Nexus* nexus = path.first; nexus != nullptr; nexus = nexus->path_next) {
    if (const PathId id = carrier(*nexus->lun, path); id != 0) {
      return id;
    }
  }
  Lun* former = tables_.find_lun(path.former_lun);
  return former != nullptr ? carrier(*former, path) : 0;
}

}  // namespace dsm
