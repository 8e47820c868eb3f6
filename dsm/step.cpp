// Building actions.
#include "dsm/step.h"

namespace dsm {
namespace {

constinit const Action kBlank{};  // copied from here, not built on the stack

}  // namespace

Action& add(Step& step, ActionKind kind, const Lun* lun) {
  const bool there_was_room = step.out.push_back(kBlank);
  BASE_ASSERT(there_was_room);
  Action& action = step.out.back();
  action.kind = kind;
  action.lun = lun != nullptr ? lun->id : 0;
  return action;
}

void report(Step& step, const Lun& lun, ReportWhat what, uint32_t old_value, uint32_t new_value,
            const Nexus* nexus, uint32_t detail, uint16_t group) {
  if (step.out.room() <= kActionsPerStep) {
    return;
  }
  Action& action = add(step, ActionKind::report, &lun);
  action.nexus = nexus != nullptr ? nexus->id : 0;
  action.slot = nexus != nullptr ? nexus->slot : kNoSlot;
  action.report = {.now = step.now,
                   .what = what,
                   .cause = step.cause,
                   .group = group,
                   .old_value = old_value,
                   .new_value = new_value,
                   .detail = detail};
}

TimeNs retry_pause_ns(const Config& config, uint32_t failures) {
  uint64_t pause_ms = config.retry_pause_ms;
  for (uint32_t i = 1; i < failures && pause_ms < config.retry_pause_max_ms; ++i) {
    pause_ms *= 2;
  }
  return (pause_ms < config.retry_pause_max_ms ? pause_ms : config.retry_pause_max_ms) * kNsPerMs;
}

Send& send(Step& step, Lun& lun, Nexus& nexus, uint32_t deadline_ms) {
  Action& action = add(step, ActionKind::send, &lun);
  action.path = nexus.path->id;
  action.nexus = nexus.id;
  action.nexus_object = &nexus;
  action.slot = nexus.slot;
  if (++lun.last_command == 0) {
    ++lun.last_command;
  }
  action.send.id = lun.last_command;
  action.send.deadline_ms = deadline_ms;
  ++nexus.commands;
  return action.send;
}

void finish_operation(Step& step, const Lun* lun, const OperationState& operation,
                      base::Status status) {
  Action& action = add(step, ActionKind::op_done, lun);
  action.nexus = operation.nexus;
  action.result = {.id = operation.id, .kind = operation.kind, .status = status};
}

}  // namespace dsm
