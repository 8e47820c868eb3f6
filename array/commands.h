// The device server: one function per command, one row per function (command_table.cpp). In which
// access states a command is served, and what else it minds, stands in its row.
#pragma once

#include <array>
#include <cstdint>
#include <span>

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

// The worst access state of the target port group in which a command is still served. Each of them
// includes those before. SPC-4 5.15.2.4.
enum class Served : uint8_t {
  active,       // active/optimized, active/non-optimized, LBA dependent
  standby,      // and standby
  unavailable,  // and unavailable, offline
  always,       // and transitioning
};

// Command properties.
inline constexpr uint8_t kAnyLun = 0x01;          // also when the LUN does not exist
inline constexpr uint8_t kSkipsAttention = 0x02;  // neither reports nor clears unit attentions
inline constexpr uint8_t kDespiteReservation =
    0x04;  // also when another nexus has reserved the unit
inline constexpr uint8_t kNeedsMedium = 0x08;
inline constexpr uint8_t kThinOnly = 0x10;  // only thin, or only removable units know the command
inline constexpr uint8_t kRemovableOnly = 0x20;
inline constexpr uint8_t kNeedsAlua = 0x40;          // supported if there are access states
inline constexpr uint8_t kNeedsExplicitAlua = 0x80;  // if hosts may change them

// The persistent reservations of others that keep a nexus from the command, unless it takes part in
// them. SPC-4 table 46, SBC-3 table 13.
enum class ExcludedBy : uint8_t {
  none,
  exclusive_access,  // the three types that also exclude reading
  any,
  any_if_it_stops,  // what starts the unit or unlocks its medium is let through
};

inline constexpr int kNoServiceAction = -1;

struct CommandRow {
  uint8_t opcode;
  int service_action;  // or kNoServiceAction
  Served served;
  uint8_t properties;
  ExcludedBy excluded_by;
  void (*execute)(Context&);
  // The bits of each CDB byte that are looked at; byte 0 and the service action are filled in by
  // cdb_usage().
  std::array<uint8_t, 16> mask;
};

std::span<const CommandRow> all_commands();
bool applies_to(const CommandRow& row, const Lun& lun);
// CDB usage data as REPORT SUPPORTED OPERATION CODES tells it, as long as the CDB.
std::array<uint8_t, 16> cdb_usage(const CommandRow& row);

// The row that executes the CDB. Null: the task has been ended, with the reason.
const CommandRow* find_command(Context& context);

// How a command ends.
void end_good(Task& task);
// GOOD, with as much of `whole` as the allocation length takes.
void end_with_data(Task& task, base::Bytes whole, size_t allocation_bytes);
void end_check(Task& task, uint8_t sense_key, uint16_t sense_code);
// With an INFORMATION field.
void end_check(Task& task, uint8_t sense_key, uint16_t sense_code, uint64_t information);
// ILLEGAL REQUEST, INVALID FIELD IN CDB, with the field pointer.
void end_invalid_field(Task& task, uint16_t byte, bool in_cdb = true);
// Turns the sense data of an ended task into descriptor format.
void to_descriptor_sense(Task& task);

// Command families, one file each.
// commands_basic.cpp
void test_unit_ready(Context& context);
void request_sense(Context& context);
void report_luns(Context& context);
// commands_inquiry.cpp
void inquiry(Context& context);
// commands_mode.cpp
void mode_sense(Context& context);
void mode_select(Context& context);
// commands_support.cpp
void report_supported_commands(Context& context);
void report_supported_functions(Context& context);
// commands_capacity.cpp
void read_capacity10(Context& context);
void read_capacity16(Context& context);
void get_lba_status(Context& context);
// commands_block.cpp
void read_blocks(Context& context);
void write_blocks(Context& context);
void synchronize_cache(Context& context);
void prefetch_blocks(Context& context);
// commands_verify.cpp
void verify_blocks(Context& context);
void write_and_verify(Context& context);
void compare_and_write(Context& context);
// commands_unmap.cpp
void unmap(Context& context);
void write_same(Context& context);
// commands_medium.cpp
void start_stop_unit(Context& context);
void prevent_allow_removal(Context& context);
// commands_reserve.cpp
void reserve_unit(Context& context);
void release_unit(Context& context);
// commands_persistent.cpp
void persistent_reserve_in(Context& context);
// commands_persistent_out.cpp
void persistent_reserve_out(Context& context);
// commands_groups.cpp
void report_groups(Context& context);
void set_groups(Context& context);

}  // namespace array
