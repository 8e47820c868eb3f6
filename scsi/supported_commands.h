// What REPORT SUPPORTED OPERATION CODES and REPORT SUPPORTED TASK MANAGEMENT FUNCTIONS answer.
// SPC-4 6.35, 6.36.
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"

namespace scsi {

struct SupportedCommand {
  uint8_t opcode = 0;
  bool has_service_action = false;
  uint8_t service_action = 0;
  // One byte per CDB byte: the operation code, the service action, and a one for each other bit
  // that the device server looks at (SPC-4 6.35.3).
  base::Bytes cdb_usage;
};

// All of the encoders return the full length and write what fits. With `timeouts` each command gets
// a timeouts descriptor that says "not specified".
size_t encode_all_commands(base::MutableBytes out, std::span<const SupportedCommand> commands,
                           bool timeouts);
// `command` null: it is not supported.
size_t encode_one_command(base::MutableBytes out, const SupportedCommand* command, bool timeouts);

struct SupportedFunctions {
  bool abort_task = false;
  bool abort_task_set = false;
  bool clear_aca = false;
  bool clear_task_set = false;
  bool logical_unit_reset = false;
  bool target_reset = false;
};
// 4 bytes, or 16 in the extended form (REPD).
size_t encode_supported_functions(base::MutableBytes out, const SupportedFunctions& functions,
                                  bool extended);

}  // namespace scsi
