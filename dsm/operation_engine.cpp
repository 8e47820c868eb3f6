// Operations under way on a LUN.
#include "dsm/operation_engine.h"

#include "dsm/access/engine.h"
#include "dsm/replan.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace dsm::operations {
namespace {

using base::Code;
using base::Status;

constexpr uint32_t kMaxTurAttempts = 8;  // unit attentions may queue up

void end_at(Step& step, Lun& lun, size_t index, Status status) {
  const OperationState operation = lun.operations[index];
  lun.operations.erase_at(index);
  finish_operation(step, &lun, operation, status);
}

void send_tur(Step& step, Lun& lun, OperationState& state, Nexus& nexus) {
  Send& command = send(step, lun, nexus, step.config.tur_deadline_ms);
  command.cdb = scsi::make_test_unit_ready();
  state.command = command.id;
  state.phase = OperationPhase::verify_tur;
  ++state.attempts;
}

// A standby path answers TEST UNIT READY with NOT READY and yet is in order: SPC-4 5.15.2.4.
bool port_answers(const CommandDone& done, const scsi::Sense& sense) {
  return done.outcome == TransportOutcome::delivered &&
         (done.scsi_status == scsi::kGood || done.scsi_status == scsi::kReservationConflict ||
          sense.is(scsi::kNotReady, 0x04, 0x0a) || sense.is(scsi::kNotReady, 0x04, 0x0b) ||
          sense.is(scsi::kNotReady, 0x04, 0x0c));
}

void wait_for_access(Step& step, Lun& lun, OperationState& state, const Nexus* via) {
  state.phase = OperationPhase::wait_access;
  state.command = 0;
  state.round = lun.access.round;
  access::refresh(step, lun, via);
}

Status check_settings(Lun& lun, const PolicySettings& settings) {
  const Policy* policy = find_policy(settings.policy);
  if (policy == nullptr) {
    return {Code::invalid_argument, "there is no such policy"};
  }
  if (!lun.symmetric && policy->on_asymmetric != policy->id) {
    return {Code::unsupported, "this policy is not for LUNs with asymmetric access"};
  }
  if (settings.preferred != 0 && settings.policy != PolicyId::fail_over_only) {
    return {Code::invalid_argument, "only fail over only has a preferred path"};
  }
  if (settings.preferred != 0 && find_nexus(lun, settings.preferred) == nullptr) {
    return {Code::not_found, "the preferred path is not one of this LUN"};
  }
  if (settings.paths.empty()) {
    return {};
  }
  uint32_t seen = 0;
  unsigned active = 0;
  for (const PathSetting& path : settings.paths) {
    const Nexus* nexus = find_nexus(lun, path.nexus);
    if (nexus == nullptr) {
      return {Code::not_found, "a path of the list is not one of this LUN"};
    }
    if ((seen >> nexus->slot & 1U) != 0) {
      return {Code::invalid_argument, "a path stands twice in the list"};
    }
    seen |= 1U << nexus->slot;
    active += path.desire == Desire::active_optimized ? 1U : 0U;
  }
  if (settings.paths.size() != lun.nexus_count) {
    return {Code::invalid_argument, "the list must name every path of the LUN"};
  }
  if (settings.policy == PolicyId::fail_over_only && active > 1) {
    return {Code::invalid_argument, "fail over only has one active path"};
  }
  return {};
}

void apply_settings(Step& step, Lun& lun, const PolicySettings& settings) {
  lun.policy = settings.policy;
  lun.preferred = settings.preferred;
  lun.moved_to = 0;
  lun.claimant = settings.preferred;
  for (const PathSetting& path : settings.paths) {
    Nexus& nexus = *find_nexus(lun, path.nexus);
    nexus.desired = path.desire;
    nexus.weight = path.weight;
  }
  step.cause = Cause::administrator;
  replan(step, lun);
}

// What a waiting operation came to, now that the access-state work rests.
Status outcome_of(const Lun& lun, const OperationState& state) {
  if (state.kind == OperationKind::activate_group) {
    const Group* group = lun.find_group(state.group);
    return group != nullptr && group->state == scsi::AccessState::active_optimized
               ? Status{}
               : Status{Code::refused, "the array did not make the group active/optimized"};
  }
  if (state.kind == OperationKind::move) {
    for (unsigned slot = 0; slot < kMaxPathsPerLun; ++slot) {
      const Nexus* nexus = lun.nexus_at(slot);
      if (nexus != nullptr && nexus->id == state.nexus && (lun.candidates() >> slot & 1U) != 0) {
        return {};
      }
    }
    return {Code::refused, "the path could not be made the active one"};
  }
  return lun.access.round != state.round || lun.access.phase != AccessPhase::idle
             ? Status{}
             : Status{Code::refused, "the access states could not be read"};
}

}  // namespace

void start(Step& step, Lun& lun, const Operation& operation) {
  OperationState state{.id = operation.id,
                       .kind = operation.kind,
                       .nexus = operation.nexus,
                       .group = operation.group,
                       .round = lun.access.round,
                       .deadline = operation.deadline};
  Nexus* nexus = operation.nexus != 0 ? find_nexus(lun, operation.nexus) : nullptr;
  if (operation.nexus != 0 && (nexus == nullptr || !takes_commands(*nexus))) {
    finish_operation(step, &lun, state, {Code::not_found, "there is no such path on this LUN"});
    return;
  }
  if (operation.kind == OperationKind::set_policy) {
    const Status status = check_settings(lun, operation.settings);
    if (status.ok()) {
      apply_settings(step, lun, operation.settings);
    }
    finish_operation(step, &lun, state, status);
    return;
  }
  if (lun.operations.full()) {
    finish_operation(step, &lun, state, {Code::exhausted, "too many operations under way"});
    return;
  }
  static_cast<void>(lun.operations.push_back(state));
  OperationState& kept = lun.operations.back();
  step.cause = Cause::operation;
  switch (operation.kind) {
    case OperationKind::verify_path:
      send_tur(step, lun, kept, *nexus);
      break;
    case OperationKind::refresh_access:
      access::refresh(step, lun, nullptr);
      break;
    case OperationKind::activate_group: {
      const Nexus* via = nullptr;
      for_each_nexus(lun, [&](Nexus& other) {
        via = other.target_port_group == operation.group && !is_down(other) ? &other : via;
      });
      if (via != nullptr && supports_explicit(lun.support)) {
        access::activate(step, lun, *via, operation.group);
      }
      break;
    }
    case OperationKind::move:
      step.cause = Cause::administrator;
      lun.moved_to = lun.claimant = operation.nexus;
      lun.access.activate_not_before = 0;
      replan(step, lun);
      break;
    case OperationKind::none:
    case OperationKind::invalidate_path:
    case OperationKind::set_policy:
      end_at(step, lun, lun.operations.size() - 1,
             {Code::invalid_argument, "not an operation of a LUN"});
      break;
  }
}

void cancel(Step& step, Lun& lun, OperationId id) {
  for (size_t i = 0; i < lun.operations.size(); ++i) {
    if (lun.operations[i].id == id) {
      end_at(step, lun, i, {Code::cancelled, "cancelled"});
      return;
    }
  }
}

bool on_command_done(Step& step, Lun& lun, const CommandDone& done) {
  for (size_t i = 0; i < lun.operations.size(); ++i) {
    OperationState& state = lun.operations[i];
    if (state.phase != OperationPhase::verify_tur || state.command != done.id) {
      continue;
    }
    Nexus* nexus = find_nexus(lun, state.nexus);
    const scsi::Sense sense = scsi::decode_sense(done.sense);
    if (port_answers(done, sense)) {
      if (lun.support == AluaSupport::none) {
        end_at(step, lun, i, {});
      } else {
        wait_for_access(step, lun, state, nexus);
      }
    } else if (nexus != nullptr && done.outcome == TransportOutcome::delivered &&
               sense.key == scsi::kUnitAttention && state.attempts < kMaxTurAttempts) {
      send_tur(step, lun, state, *nexus);
    } else {
      end_at(step, lun, i, {Code::io_error, "TEST UNIT READY failed on this path"});
    }
    return true;
  }
  return false;
}

void on_access_idle(Step& step, Lun& lun) {
  for (size_t i = 0; i < lun.operations.size();) {
    if (lun.operations[i].phase == OperationPhase::wait_access) {
      end_at(step, lun, i, outcome_of(lun, lun.operations[i]));
    } else {
      ++i;
    }
  }
}

void on_time(Step& step, Lun& lun) {
  for (size_t i = 0; i < lun.operations.size();) {
    const TimeNs deadline = lun.operations[i].deadline;
    if (deadline != 0 && step.now >= deadline) {
      end_at(step, lun, i, {Code::timed_out, "the operation's deadline has passed"});
    } else {
      ++i;
    }
  }
}

void on_nexus_leaving(Step& step, Lun& lun, NexusId nexus) {
  for (size_t i = 0; i < lun.operations.size();) {
    if (nexus == 0 || lun.operations[i].nexus == nexus) {
      end_at(step, lun, i, {Code::not_found, "the path was removed meanwhile"});
    } else {
      ++i;
    }
  }
}

TimeNs due(const Lun& lun) {
  TimeNs first = 0;
  for (const OperationState& state : lun.operations) {
    if (state.deadline != 0 && (first == 0 || state.deadline < first)) {
      first = state.deadline;
    }
  }
  return first;
}

}  // namespace dsm::operations
