// Operations under way on a LUN.
#include "dsm/operation_engine.h"

#include "base/bits.h"
#include "dsm/access/engine.h"
#include "dsm/policy_settings.h"
#include "dsm/replan.h"
#include "dsm/reservation/engine.h"
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
  if (operation.kind == OperationKind::set_policy) {
    lun.before.operation = 0;
    if (!status.ok() && lun.nexus_count != 0) {
      restore_settings(lun);
    }
  }
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

// So is the path to a controller that would take the LUN over if it were told to.
bool would_take_over(const Config& config, const CommandDone& done) {
  const ErrorFacts facts =
      facts_of({.outcome = done.outcome, .scsi_status = done.scsi_status, .sense = done.sense},
               false, false);
  return find_row(config.vendor_rows, facts).row->follow_up == FollowUp::start_unit;
}

// What a waiting operation came to, now that the access-state work rests.
Status outcome_of(Lun& lun, const OperationState& state) {
  const Nexus* nexus = find_nexus(lun, state.nexus);
  const uint32_t slot = nexus != nullptr ? base::bit(nexus->slot) : 0;
  const bool read = lun.access.round != state.round;
  switch (state.kind) {
    case OperationKind::verify_path:
      return (lun.access.answered & slot) != 0
                 ? Status{}
                 : Status{Code::io_error, "the access states could not be read on this path"};
    case OperationKind::activate_group: {
      const Group* group = lun.find_group(state.group);
      return read && group != nullptr && group->state == scsi::AccessState::active_optimized
                 ? Status{}
                 : Status{Code::refused, "the array did not make the group active/optimized"};
    }
    case OperationKind::set_policy: {
      scsi::AccessState access{};
      return nexus != nullptr && lun.access_of(*nexus, access) &&
                     access == scsi::AccessState::active_optimized
                 ? Status{}
                 : Status{Code::refused,
                          "the array did not make the path active/optimized; the "
                          "former settings are in force"};
    }
    case OperationKind::move:
      return (lun.candidates() & slot) != 0
                 ? Status{}
                 : Status{Code::refused, "the path could not be made the active one"};
    default:
      return read ? Status{} : Status{Code::io_error, "the access states could not be read"};
  }
}

// The RTPG of a verification must go down its own nexus. When other work was under way it may have
// gone elsewhere: once more, then.
bool asks_again(Step& step, Lun& lun, OperationState& state) {
  const Nexus* nexus = find_live(lun, state.nexus);
  if (state.kind != OperationKind::verify_path || state.asked_again || nexus == nullptr ||
      ((lun.access.answered | lun.access.tried) & base::bit(nexus->slot)) != 0) {
    return false;
  }
  state.asked_again = true;
  access::refresh_to_verify(step, lun, *nexus);
  return lun.access.phase != AccessPhase::idle;
}

// The group's path that asks: one that works, and carries I/O if possible.
const Nexus* path_of_group(Lun& lun, uint16_t group) {
  const Nexus* via = nullptr;
  for_each_nexus(lun, [&](const Nexus& nexus) {
    if (nexus.has_group && nexus.target_port_group == group && takes_commands(nexus) &&
        !is_down(nexus) && (via == nullptr || is_suspect(*via))) {
      via = &nexus;
    }
  });
  return via;
}

Status begin_activation(Step& step, Lun& lun, uint16_t group) {
  if (!supports_explicit(lun.support)) {
    return {Code::unsupported, "this LUN's access states cannot be set (no explicit ALUA)"};
  }
  const Nexus* via = path_of_group(lun, group);
  if (via == nullptr) {
    return {Code::not_found, "no working path leads to this target port group"};
  }
  access::activate(step, lun, *via, group);
  return {};
}

void start_set_policy(Step& step, Lun& lun, OperationState& state, const PolicySettings& wanted) {
  Status status = check_settings(lun, wanted);
  if (status.ok() && lun.before.operation != 0) {
    status = {Code::conflict, "an earlier change of the policy still waits for the array"};
  } else if (status.ok() && lun.operations.full()) {
    status = {Code::exhausted, "too many operations under way"};
  }
  if (!status.ok()) {
    finish_operation(step, &lun, state, status);
    return;
  }
  apply_settings(step, lun, wanted);
  if (settings_wait(lun)) {
    state.nexus = lun.claimant;
    lun.before.operation = state.id;
    static_cast<void>(lun.operations.push_back(state));
  } else {
    finish_operation(step, &lun, state, {});
  }
}

}  // namespace

void start(Step& step, Lun& lun, const Operation& operation) {
  OperationState state{.id = operation.id,
                       .kind = operation.kind,
                       .nexus = operation.nexus,
                       .group = operation.group,
                       .round = lun.access.round,
                       .deadline = operation.deadline};
  Nexus* nexus = find_live(lun, operation.nexus);
  const bool needs_nexus =
      operation.kind == OperationKind::verify_path || operation.kind == OperationKind::move;
  if (nexus == nullptr && (needs_nexus || operation.nexus != 0)) {
    finish_operation(step, &lun, state, {Code::not_found, "there is no such path on this LUN"});
    return;
  }
  if (operation.kind == OperationKind::reserve_out) {
    reservation::start(step, lun, operation);
    return;
  }
  if (operation.kind == OperationKind::set_policy) {
    start_set_policy(step, lun, state, operation.settings);
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
    case OperationKind::activate_group:
      if (const Status status = begin_activation(step, lun, operation.group); !status.ok()) {
        end_at(step, lun, lun.operations.size() - 1, status);
      }
      break;
    case OperationKind::move:
      step.cause = Cause::administrator;
      lun.moved_to = lun.claimant = operation.nexus;
      access::forget_failures(lun);
      replan(step, lun);
      break;
    case OperationKind::none:
    case OperationKind::invalidate_path:
    case OperationKind::set_policy:
    case OperationKind::reserve_out:
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
  static_cast<void>(reservation::cancel(step, lun, id));
}

bool on_command_done(Step& step, Lun& lun, const CommandDone& done) {
  for (size_t i = 0; i < lun.operations.size(); ++i) {
    OperationState& state = lun.operations[i];
    if (state.phase != OperationPhase::verify_tur || state.command != done.id) {
      continue;
    }
    Nexus* nexus = find_live(lun, state.nexus);
    const scsi::Sense sense = scsi::decode_sense(done.sense);
    if (nexus != nullptr && (port_answers(done, sense) || would_take_over(step.config, done))) {
      if (lun.support == AluaSupport::none) {
        end_at(step, lun, i, {});
      } else {
        state.phase = OperationPhase::wait_access;
        state.command = 0;
        access::refresh_to_verify(step, lun, *nexus);
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
    OperationState& state = lun.operations[i];
    if (state.phase != OperationPhase::wait_access) {
      ++i;
      continue;
    }
    if (asks_again(step, lun, state)) {
      return;  // not idle any more: the others wait on
    }
    const Status status = outcome_of(lun, state);
    if (state.kind == OperationKind::move && !status.ok() && lun.moved_to == state.nexus) {
      lun.moved_to = 0;
    }
    end_at(step, lun, i, status);
    if (lun.replan_due) {
      return;  // settings that were put back may want something of the array
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
