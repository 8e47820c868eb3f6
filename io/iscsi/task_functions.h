// Task management functions and responses as they are on the wire. RFC 7143 11.5.1, 11.6.1.
#pragma once

#include <cstdint>
#include <optional>

#include "scsi/task_management.h"

namespace io::iscsi {

// Not among scsi::TaskFunction, and not supported: 3 (CLEAR ACA), and:
inline constexpr uint8_t kTaskReassign = 8;

enum TaskFunctionResponse : uint8_t {
  kFunctionComplete = 0,
  kFunctionNoSuchTask = 1,
  kFunctionNoSuchLun = 2,
  kFunctionNoReassignment = 4,
  kFunctionNotSupported = 5,
  kFunctionRejected = 255,
};

constexpr uint8_t code_of(scsi::TaskFunction function) {
  switch (function) {
    case scsi::TaskFunction::abort_task:
      return 1;
    case scsi::TaskFunction::abort_task_set:
      return 2;
    case scsi::TaskFunction::clear_task_set:
      return 4;
    case scsi::TaskFunction::logical_unit_reset:
      return 5;
    case scsi::TaskFunction::target_warm_reset:
      return 6;
    case scsi::TaskFunction::target_cold_reset:
      return 7;
  }
  return 0;
}

constexpr std::optional<scsi::TaskFunction> function_of(uint8_t code) {
  using enum scsi::TaskFunction;
  for (const scsi::TaskFunction function :
       {abort_task, abort_task_set, clear_task_set, logical_unit_reset, target_warm_reset,
        target_cold_reset}) {
    if (code_of(function) == code) {
      return function;
    }
  }
  return {};
}

constexpr uint8_t code_of(scsi::FunctionResponse response) {
  switch (response) {
    case scsi::FunctionResponse::complete:
      return kFunctionComplete;
    case scsi::FunctionResponse::no_such_task:
      return kFunctionNoSuchTask;
    case scsi::FunctionResponse::no_such_lun:
      return kFunctionNoSuchLun;
    case scsi::FunctionResponse::rejected:
      break;
  }
  return kFunctionRejected;
}

}  // namespace io::iscsi
