// Tasks: from submission over the faults that meet them to the answer, and their management (SAM-5
// 7).
#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "array/access_check.h"
#include "array/array.h"
#include "array/commands.h"
#include "array/lies.h"
#include "scsi/luns.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace array {
namespace {

constexpr uint16_t kBusDeviceReset = 0x2903;
// What a storm of unit attentions consists of, in turn.
constexpr std::array<uint16_t, 6> kStorm = {0x2900, 0x2a06, 0x3f0e, 0x2a09, 0x2907, 0x3f03};

// The task is one of the next ones that a fault is for.
bool meets(uint32_t& count, const std::optional<uint8_t>& opcode, const Task& task) {
  return (!opcode || *opcode == task.cdb.opcode()) && take_one(count);
}

}  // namespace

void HeldTask::on_time(void* context) {
  auto& held = *static_cast<HeldTask*>(context);
  held.array->resume(held);
}

// Aborts the held tasks of the nexus for one LUN number (or all), unexecuted.
void Array::abort_tasks(Nexus& nexus, size_t lun) {
  std::vector<Task*> aborted;
  for (auto held = nexus.held.begin(); held != nexus.held.end();) {
    const auto number = scsi::decode_lun(held->task->lun);
    if (lun == kEveryLun || (number && *number == lun)) {
      scheduler_.cancel(held->timer);
      aborted.push_back(held->task);
      held = nexus.held.erase(held);
    } else {
      ++held;
    }
  }
  for (Task* task : aborted) {
    task->aborted = true;
    task->done(*task);
  }
}

size_t Array::task_count() const {
  size_t count = 0;
  for (const auto& nexus : nexuses_) {
    count += nexus->held.size();
  }
  return count;
}

void Array::submit(Task& task) {
  const PortFaults& faults = ports_[task.nexus->port].faults;
  const bool frozen = controllers_[config_.ports[task.nexus->port].controller].frozen;
  if (!frozen && faults.delay_ns == 0) {
    return execute(task);
  }
  HeldTask& held = task.nexus->held.emplace_back();
  held.task = &task;
  held.array = this;
  held.until_thaw = frozen;
  if (!frozen) {
    scheduler_.arm_after(held.timer, faults.delay_ns);
  }
}

// The delay of a held task is over. Should its controller be frozen by now, it goes on waiting.
void Array::resume(HeldTask& held) {
  Task& task = *held.task;
  Nexus& nexus = *task.nexus;
  if (controllers_[config_.ports[nexus.port].controller].frozen) {
    held.until_thaw = true;
    return;
  }
  const bool executed = held.executed;
  nexus.held.remove_if([&held](const HeldTask& other) { return &other == &held; });
  executed ? task.done(task) : execute(task);
}

bool Array::inject_fault(Task& task) {
  PortFaults& faults = ports_[task.nexus->port].faults;
  if (meets(faults.busy, faults.busy_opcode, task)) {
    task.status = scsi::kBusy;
  } else if (meets(faults.task_set_full, faults.task_set_full_opcode, task)) {
    task.status = scsi::kTaskSetFull;
  } else if (meets(faults.sense_count, faults.sense_opcode, task)) {
    end_check(task, faults.sense_key, faults.sense_code);
  } else if (take_one(faults.attentions)) {
    end_check(task, scsi::kUnitAttention, kStorm[faults.attentions % kStorm.size()]);
  } else if (take_one(faults.sense_lies)) {
    end_with_malformed_sense(faults.sense_lie, task);
  } else {
    return false;
  }
  return true;
}

void Array::execute(Task& task) {
  task.aborted = false;
  task.status = scsi::kGood;
  task.sense_bytes = 0;
  task.data_in.clear();
  Context context{*this, *task.nexus, find_lun(task.lun), task};
  const CommandRow* row = find_command(context);
  if (row != nullptr && ((row->properties & kSkipsAttention) != 0 || !inject_fault(task)) &&
      may_execute(context, *row)) {
    row->execute(context);
  }
  if (task.sense_bytes != 0 && context.lun != nullptr && context.lun->modes().descriptor_sense()) {
    to_descriptor_sense(task);
  }
  lie_about_pages(ports_[task.nexus->port].faults, task);
  answer(task);
}

// The task has been executed; its response goes out now, later, or never.
void Array::answer(Task& task) {
  PortFaults& faults = ports_[task.nexus->port].faults;
  task.drop_reply = take_one(faults.drop_replies);
  task.bad_digest = take_one(faults.bad_digests);
  if (!take_one(faults.delayed_replies)) {
    return task.done(task);
  }
  HeldTask& held = task.nexus->held.emplace_back();
  held.task = &task;
  held.array = this;
  held.executed = true;
  scheduler_.arm_after(held.timer, faults.reply_delay_ns);
}

FunctionResponse Array::manage(Nexus& nexus, TaskFunction function, uint64_t lun, uint64_t tag) {
  Lun* const unit = find_lun(lun);
  if (scsi::names_logical_unit(function) && unit == nullptr) {
    return FunctionResponse::no_such_lun;
  }
  switch (function) {
    case TaskFunction::abort_task: {
      const auto found =
          std::find_if(nexus.held.begin(), nexus.held.end(),
                       [tag](const HeldTask& held) { return held.task->tag == tag; });
      if (found == nexus.held.end()) {
        return FunctionResponse::no_such_task;
      }
      Task& task = *found->task;
      scheduler_.cancel(found->timer);
      nexus.held.erase(found);
      task.aborted = true;
      task.done(task);
      break;
    }
    case TaskFunction::abort_task_set:
      abort_tasks(nexus, unit->number());
      break;
    case TaskFunction::clear_task_set:
    case TaskFunction::logical_unit_reset:
      for (const auto& other : nexuses_) {
        abort_tasks(*other, unit->number());
      }
      if (function == TaskFunction::logical_unit_reset) {
        unit->reset();
      }
      attention_for_all(
          function == TaskFunction::clear_task_set ? scsi::kCommandsCleared : kBusDeviceReset,
          unit->number(), function == TaskFunction::clear_task_set ? &nexus : nullptr);
      break;
    case TaskFunction::target_warm_reset:
    case TaskFunction::target_cold_reset:
      for (const auto& other : nexuses_) {
        abort_tasks(*other, kEveryLun);
      }
      for (const auto& each : luns_) {
        each->reset();
      }
      attention_for_all(kBusDeviceReset, kEveryLun);
      break;
  }
  return FunctionResponse::complete;
}

}  // namespace array
