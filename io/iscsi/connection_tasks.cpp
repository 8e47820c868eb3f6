// Task management requests. RFC 7143 11.5, 11.6; SAM-5 7.
#include "io/iscsi/connection.h"
#include "scsi/luns.h"

namespace io::iscsi {
namespace {

enum Function : uint8_t {
  kAbortTask = 1,
  kAbortTaskSet = 2,
  kClearAca = 3,
  kClearTaskSet = 4,
  kLogicalUnitReset = 5,
  kTargetWarmReset = 6,
  kTargetColdReset = 7,
  kTaskReassign = 8,
};
enum Response : uint8_t {
  kComplete = 0,
  kNoSuchTask = 1,
  kNoSuchLun = 2,
  kReassignNotSupported = 4,
  kFunctionNotSupported = 5,
  kRejected = 255,
};

uint8_t response_of(array::FunctionResponse response) {
  switch (response) {
    case array::FunctionResponse::complete:
      return kComplete;
    case array::FunctionResponse::no_such_task:
      return kNoSuchTask;
    case array::FunctionResponse::no_such_lun:
      return kNoSuchLun;
    case array::FunctionResponse::rejected:
      return kRejected;
  }
  return kRejected;
}

}  // namespace

void Connection::task_management(const Header& header) {
  if (!in_order(header)) {
    return;
  }
  if (nexus_ == nullptr) {
    return reject(header, kProtocolError);
  }
  const uint8_t response = manage(header);
  Header out = answer_to(header, kTaskManagementResponse);
  out.raw[2] = response;
  const bool cold = (header.flags() & 0x7f) == kTargetColdReset;
  if (cold) {  // RFC 7143 11.5.1: it ends all sessions of the target
    end_other_sessions();
    close_after_output();
  }
  stamp(out, true);
  queue_.push(out, {});
}

uint8_t Connection::manage(const Header& header) {
  const uint64_t lun = header.lun();
  const auto number = scsi::decode_lun(lun);
  const auto run = [&](array::TaskFunction function, uint64_t tag = 0) {
    return response_of(target_.array.manage(*nexus_, function, lun, tag));
  };
  // The array knows the tasks it has; those that still wait for their data are ours.
  const auto everywhere = [&](size_t of_lun) {
    for (Connection* connection : target_.connections) {
      connection->abort_awaiting(of_lun);
    }
  };
  uint8_t response = kFunctionNotSupported;
  switch (header.flags() & 0x7f) {
    case kAbortTask: {
      const uint32_t tag = header.field(20);
      Command* const command = find(tag);
      if (command == nullptr || command->submitted) {
        return run(array::TaskFunction::abort_task, tag);
      }
      recycle(take(*command));
      return kComplete;
    }
    case kAbortTaskSet:
      response = run(array::TaskFunction::abort_task_set);
      if (response == kComplete) {
        abort_awaiting(*number);
      }
      break;
    case kClearTaskSet:
    case kLogicalUnitReset:
      response =
          run((header.flags() & 0x7f) == kClearTaskSet ? array::TaskFunction::clear_task_set
                                                       : array::TaskFunction::logical_unit_reset);
      if (response == kComplete) {
        everywhere(*number);
      }
      break;
    case kTargetWarmReset:
    case kTargetColdReset:
      response =
          run((header.flags() & 0x7f) == kTargetWarmReset ? array::TaskFunction::target_warm_reset
                                                          : array::TaskFunction::target_cold_reset);
      everywhere(array::Array::kEveryLun);
      break;
    case kTaskReassign:
      response = kReassignNotSupported;
      break;
    default:
      break;  // CLEAR ACA among them: NACA is not supported
  }
  return response;
}

// Ends commands of the logical unit (or all) that the array has not got yet, without a response.
void Connection::abort_awaiting(size_t lun) {
  const auto affected = [lun](const Command& command) {
    const auto number = scsi::decode_lun(command.task.lun);
    return !command.submitted && (lun == array::Array::kEveryLun || (number && *number == lun));
  };
  // First out of the queue, or the room that one leaves would be given to the next that ends.
  std::erase_if(waiting_for_room_, [&](uint32_t tag) {
    const Command* const command = find(tag);
    return command == nullptr || affected(*command);
  });
  std::vector<Command*> ended;
  for (const auto& [tag, command] : commands_) {
    if (affected(*command)) {
      ended.push_back(command.get());
    }
  }
  for (Command* command : ended) {
    recycle(take(*command));
  }
}

void Connection::end_other_sessions() {
  for (Connection* connection : target_.connections) {
    if (connection != this && connection->nexus_ != nullptr) {
      connection->fail("target cold reset by " + ends_.peer);
    }
  }
}

}  // namespace io::iscsi
