// From events to the concerns that handle them.
#include "dsm/module.h"

#include "dsm/access/engine.h"
#include "dsm/locks.h"
#include "dsm/operation_engine.h"
#include "dsm/policy_settings.h"
#include "dsm/replan.h"
#include "dsm/reservation/engine.h"

namespace dsm {

using base::Code;
using base::Status;

Progress Module::on(const Event& event, Actions& out) {
  BASE_ASSERT(out.room() >= kActionsPerStep);
  {
    Step step{config_, out, event.now};
    const TopologyGuard guard(config_.locks);
    busy_ = 0;
    switch (event.kind) {
      case EventKind::nexus_arrived:
        on_nexus_arrived(step, event);
        break;
      case EventKind::start_operation:
        on_start_operation(step, event);
        break;
      case EventKind::cancel_operation:
        on_cancel_operation(step, event);
        break;
      case EventKind::path_verified:
      case EventKind::path_suspect:
      case EventKind::path_failed:
      case EventKind::path_marginal:
      case EventKind::path_trusted:
      case EventKind::path_removed:
        if (Path* path = tables_.find_path(event.path)) {
          on_path_event(step, event.kind, *path);
        } else {
          refuse(step, event, {Code::not_found, "there is no such path"});
        }
        break;
      case EventKind::nexus_activated:
      case EventKind::nexus_removing:
      case EventKind::nexus_removed:
      case EventKind::set_desired:
      case EventKind::set_weight:
      case EventKind::registered:
      case EventKind::command_done:
        if (Nexus* nexus = tables_.find_nexus(event.nexus)) {
          on_nexus_event(step, event, *nexus);
        } else {
          refuse(step, event, {Code::not_found, "there is no such nexus"});
        }
        break;
      case EventKind::slot_idle:
      case EventKind::lanes_synchronised:
      case EventKind::timer:
      case EventKind::set_preferred:
      case EventKind::set_sequential_cap:
      case EventKind::clear_statistics:
      case EventKind::reservation_key:
        if (Lun* lun = tables_.find_lun(event.lun)) {
          on_lun_event(step, event, *lun);
        } else {
          refuse(step, event, {Code::not_found, "there is no such LUN"});
        }
        break;
    }
  }
  return resume(event.now, out);
}

Progress Module::resume(TimeNs now, Actions& out) {
  const TopologyGuard guard(config_.locks);
  while (fan_first_ != nullptr) {
    if (out.room() < kActionsPerStep + kReportsPerStep) {
      return Progress::more;
    }
    Step step{config_, out, now, fan_first_->fan_cause};
    fan_out_one(step);
  }
  return Progress::done;
}

void Module::refuse(Step& step, const Event& event, Status status) {
  Action& action = add(step, ActionKind::refused, nullptr);
  action.lun = event.lun;
  action.path = event.path;
  action.nexus = event.nexus;
  action.status = status;
}

void Module::on_nexus_event(Step& step, const Event& event, Nexus& nexus) {
  Lun& lun = *nexus.lun;
  const LunGuard guard(config_.locks, lun);
  switch (event.kind) {
    case EventKind::nexus_activated:
      if (!takes_commands(nexus)) {
        refuse(step, event, {Code::conflict, "the nexus is being removed"});
        return;
      }
      step.cause = Cause::activation;
      reservation::on_activated(lun, nexus);
      nexus.lifecycle = Lifecycle::online;
      nexus.health = Health::up;
      nexus.activated_at = sequence_.fetch_add(1, std::memory_order_relaxed);
      if (nexus.path->health.exchange(Health::up, std::memory_order_acq_rel) == Health::suspect) {
        begin_fan_out(*nexus.path, Cause::path_verified);
      }
      lun.claimant = nexus.id;
      access::forget_failures(lun);
      replan(step, lun);
      if (lun.support != AluaSupport::none && !lun.groups_read) {
        access::refresh(step, lun, &nexus);
      }
      break;
    case EventKind::nexus_removing:
      on_nexus_leaving(step, nexus, Lifecycle::draining);
      break;
    case EventKind::nexus_removed:
      on_nexus_leaving(step, nexus, Lifecycle::gone);
      break;
    case EventKind::set_desired:
      step.cause = Cause::administrator;
      nexus.desired = nexus.desired_before = event.desire;
      replan(step, lun);
      break;
    case EventKind::set_weight:
      step.cause = Cause::administrator;
      nexus.weight = nexus.weight_before = event.number;
      replan(step, lun);
      break;
    case EventKind::registered:
      step.cause = Cause::reservation;
      nexus.registered = event.number != 0;
      replan(step, lun);
      break;
    case EventKind::command_done:
      if (nexus.commands == 0) {
        refuse(step, event, {Code::invalid_argument, "no command is out on this nexus"});
        return;
      }
      --nexus.commands;
      step.cause = Cause::operation;
      if (!access::on_command_done(step, lun, nexus, event.command) &&
          !reservation::on_command_done(step, lun, nexus, event.command)) {
        static_cast<void>(operations::on_command_done(step, lun, event.command));
      }
      break;
    default:
      return;
  }
  if (collect(step, lun)) {
    settle(step, lun);
  }
}

void Module::on_lun_event(Step& step, const Event& event, Lun& lun) {
  const LunGuard guard(config_.locks, lun);
  switch (event.kind) {
    case EventKind::slot_idle:
      break;
    case EventKind::lanes_synchronised:
      on_lanes_synchronised(step, lun);
      break;
    case EventKind::timer:
      lun.timer_due = 0;
      if (lun.drain_check_at != 0 && step.now >= lun.drain_check_at) {
        lun.drain_check_at = 0;
      }
      operations::on_time(step, lun);
      access::on_time(step, lun);
      reservation::on_time(step, lun);
      break;
    case EventKind::set_preferred:
      step.cause = Cause::administrator;
      lun.preferred = lun.before.preferred = event.nexus;
      lun.moved_to = 0;
      lun.claimant = event.nexus;
      access::forget_failures(lun);
      replan(step, lun);
      break;
    case EventKind::set_sequential_cap:
      lun.published.sequential_cap.store(event.number / Lane::kLoadUnitBytes,
                                         std::memory_order_relaxed);
      break;
    case EventKind::clear_statistics:
      for_each_nexus(lun, [&](Nexus& nexus) {
        if (event.nexus == 0 || event.nexus == nexus.id) {
          nexus.statistics_before = statistics_of_slot(lun, nexus.slot);
        }
      });
      break;
    case EventKind::reservation_key:
      step.cause = Cause::reservation;
      lun.reservation_valid = event.number != 0;
      replan(step, lun);
      break;
    default:
      return;
  }
  if (collect(step, lun)) {
    settle(step, lun);
  }
}

Status Module::check_settings(LunId id, const PolicySettings& settings) const {
  const TopologyGuard guard(config_.locks);
  Lun* lun = tables_.find_lun(id);
  if (lun == nullptr) {
    return {Code::not_found, "there is no such LUN"};
  }
  const LunGuard lun_guard(config_.locks, *lun);
  return dsm::check_settings(*lun, settings);
}

void Module::on_start_operation(Step& step, const Event& event) {
  const Operation& operation = event.operation;
  OperationState unborn{.id = operation.id, .kind = operation.kind, .nexus = operation.nexus};
  if (operation.kind == OperationKind::invalidate_path) {
    Path* path = tables_.find_path(operation.path);
    if (path == nullptr || path->invalidations.full()) {
      finish_operation(step, nullptr, unborn,
                       path == nullptr
                           ? Status{Code::not_found, "there is no such path"}
                           : Status{Code::exhausted, "too many operations on this path"});
      return;
    }
    static_cast<void>(path->invalidations.push_back(operation.id));
    on_path_event(step, EventKind::path_failed, *path);
    return;
  }
  const Nexus* nexus = operation.nexus != 0 ? tables_.find_nexus(operation.nexus) : nullptr;
  Lun* lun = operation.lun == 0 && nexus != nullptr ? nexus->lun : tables_.find_lun(operation.lun);
  if (lun == nullptr) {
    finish_operation(step, nullptr, unborn, {Code::not_found, "there is no such LUN"});
    return;
  }
  const LunGuard guard(config_.locks, *lun);
  operations::start(step, *lun, operation);
  settle(step, *lun);
}

void Module::on_cancel_operation(Step& step, const Event& event) {
  const Operation& operation = event.operation;
  if (Path* path = tables_.find_path(operation.path)) {
    cancel_invalidation(step, *path, operation.id);
    return;
  }
  const Nexus* nexus = operation.nexus != 0 ? tables_.find_nexus(operation.nexus) : nullptr;
  Lun* lun = operation.lun == 0 && nexus != nullptr ? nexus->lun : tables_.find_lun(operation.lun);
  if (lun == nullptr) {
    refuse(step, event, {Code::not_found, "there is no such LUN"});
    return;
  }
  const LunGuard guard(config_.locks, *lun);
  operations::cancel(step, *lun, operation.id);
  settle(step, *lun);
}

// The path stays failed.
void Module::cancel_invalidation(Step& step, Path& path, OperationId id) {
  for (size_t i = 0; i < path.invalidations.size(); ++i) {
    if (path.invalidations[i] == id) {
      path.invalidations.erase_at(i);
      finish_operation(step, nullptr, {.id = id, .kind = OperationKind::invalidate_path},
                       {Code::cancelled, "cancelled"});
      return;
    }
  }
}

}  // namespace dsm
