// Task management requests. RFC 7143 11.5, 11.6; SAM-5 7.
#include "io/iscsi/connection.h"
#include "io/iscsi/task_functions.h"
#include "scsi/luns.h"

namespace io::iscsi {
namespace {

uint8_t function_code(const Header& request) {
  return request.flags() & 0x7f;
}

}  // namespace

// The device knows the tasks it has; those that still wait for their data are ours, and end before
// the device is asked: what comes after the request is not meant by it.
void Connection::task_management(const Header& header) {
  if (!in_order(header)) {
    return;
  }
  if (nexus_ == nullptr) {
    return reject(header, kProtocolError);
  }
  const auto function = function_of(function_code(header));
  if (!function) {
    return managed(header, function_code(header) == kTaskReassign ? kFunctionNoReassignment
                                                                  : kFunctionNotSupported);
  }
  const uint32_t tag = header.field(20);
  if (*function == scsi::TaskFunction::abort_task) {
    Command* const command = find(tag);
    if (command != nullptr && !command->submitted) {
      recycle(take(*command));
      return managed(header, kFunctionComplete);
    }
  } else if (!scsi::names_logical_unit(*function)) {
    for (Connection* connection : target_.connections) {
      connection->abort_awaiting({});
    }
  } else if (target_.device.has_lun(header.lun())) {
    const auto number = scsi::decode_lun(header.lun());
    for (Connection* connection : target_.connections) {
      if (connection == this || *function != scsi::TaskFunction::abort_task_set) {
        connection->abort_awaiting(number);
      }
    }
  }
  nexus_->manage(*function, header.lun(), tag, [this, header](scsi::FunctionResponse response) {
    managed(header, code_of(response));
  });
}

void Connection::managed(const Header& request, uint8_t response) {
  Header out = answer_to(request, kTaskManagementResponse);
  out.raw[2] = response;
  if (function_code(request) ==
      code_of(scsi::TaskFunction::target_cold_reset)) {  // RFC 7143 11.5.1: it ends all sessions
    end_other_sessions();
    close_after_output();
  }
  stamp(out, true);
  queue_.push(out, {});
  if (!processing_) {
    host_.on_output();
  }
}

// Ends commands of the logical unit (or all) that the device has not got yet, without a response.
void Connection::abort_awaiting(std::optional<uint32_t> lun) {
  const auto affected = [lun](const Command& command) {
    return !command.submitted && (!lun || scsi::decode_lun(command.task.lun) == lun);
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
