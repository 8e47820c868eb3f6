// Task management functions and what is answered to them. SAM-5 7; RFC 7143 11.5.1 and 11.6.1 have
// the same sets.
#pragma once

#include <cstdint>

namespace scsi {

enum class TaskFunction : uint8_t {
  abort_task,
  abort_task_set,
  clear_task_set,
  logical_unit_reset,
  target_warm_reset,
  target_cold_reset,
};
enum class FunctionResponse : uint8_t { complete, no_such_task, no_such_lun, rejected };

// True for the functions that name a logical unit.
constexpr bool names_logical_unit(TaskFunction function) {
  return function != TaskFunction::target_warm_reset && function != TaskFunction::target_cold_reset;
}

}  // namespace scsi
