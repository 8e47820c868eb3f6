// The device server: one function per command, one row per function. What a command may do in which
// access state stands in its row (SPC-4 5.15.2.4).
#pragma once

#include <cstdint>

#include "array/array.h"

namespace array {

// Everything a command works on. `lun` is null only for commands that are answered for missing LUNs
// too.
struct Context {
  Array& array;
  Nexus& nexus;
  Lun* lun;
  Task& task;

  base::Bytes cdb() const { return task.cdb.span(); }
};

// Command properties.
inline constexpr uint8_t kAnyAccessState = 1;  // also in standby, unavailable, transitioning
inline constexpr uint8_t kAnyLun = 2;          // also when the LUN does not exist
inline constexpr uint8_t kSkipsAttention = 4;  // neither reports nor clears unit attentions
inline constexpr uint8_t kChangesMedium = 8;

struct CommandRow {
  uint8_t opcode;
  int service_action;  // -1: the command has none
  uint8_t properties;
  void (*execute)(Context&);
};

// Null: INVALID COMMAND OPERATION CODE.
const CommandRow* find_command(base::Bytes cdb);

// How a command ends.
void end_good(Task& task);
void end_check(Task& task, uint8_t sense_key, uint16_t sense_code);
// ILLEGAL REQUEST, INVALID FIELD IN CDB, with the field pointer.
void end_invalid_field(Task& task, uint16_t byte, bool in_cdb = true);

// Command families, one file each.
void test_unit_ready(Context& context);
void request_sense(Context& context);
void report_luns(Context& context);
void mode_sense(Context& context);
void start_stop_unit(Context& context);
void inquiry(Context& context);
void read_capacity10(Context& context);
void read_capacity16(Context& context);
void read_blocks(Context& context);
void write_blocks(Context& context);
void verify_blocks(Context& context);
void synchronize_cache(Context& context);
void unmap(Context& context);
void write_same(Context& context);
void report_groups(Context& context);
void set_groups(Context& context);

}  // namespace array
