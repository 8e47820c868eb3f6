// The command table and the ways a command ends; see commands.h.
#include "array/commands.h"

#include <array>

#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace array {
namespace {

constexpr std::array<CommandRow, 28> kCommands = {{
    {scsi::kTestUnitReady, -1, 0, &test_unit_ready},
    {scsi::kRequestSense, -1, kAnyAccessState | kAnyLun | kSkipsAttention, &request_sense},
    {scsi::kInquiry, -1, kAnyAccessState | kAnyLun | kSkipsAttention, &inquiry},
    {scsi::kReportLuns, -1, kAnyAccessState | kAnyLun | kSkipsAttention, &report_luns},
    {scsi::kModeSense6, -1, 0, &mode_sense},
    {scsi::kModeSense10, -1, 0, &mode_sense},
    {scsi::kStartStopUnit, -1, 0, &start_stop_unit},
    {scsi::kReadCapacity10, -1, 0, &read_capacity10},
    {scsi::kServiceActionIn16, scsi::kServiceReadCapacity16, 0, &read_capacity16},
    {scsi::kRead6, -1, 0, &read_blocks},
    {scsi::kRead10, -1, 0, &read_blocks},
    {scsi::kRead12, -1, 0, &read_blocks},
    {scsi::kRead16, -1, 0, &read_blocks},
    {scsi::kWrite6, -1, kChangesMedium, &write_blocks},
    {scsi::kWrite10, -1, kChangesMedium, &write_blocks},
    {scsi::kWrite12, -1, kChangesMedium, &write_blocks},
    {scsi::kWrite16, -1, kChangesMedium, &write_blocks},
    {scsi::kWriteAndVerify10, -1, kChangesMedium, &write_blocks},
    {scsi::kWriteAndVerify16, -1, kChangesMedium, &write_blocks},
    {scsi::kVerify10, -1, 0, &verify_blocks},
    {scsi::kVerify16, -1, 0, &verify_blocks},
    {scsi::kSynchronizeCache10, -1, 0, &synchronize_cache},
    {scsi::kSynchronizeCache16, -1, 0, &synchronize_cache},
    {scsi::kUnmap, -1, kChangesMedium, &unmap},
    {scsi::kWriteSame10, -1, kChangesMedium, &write_same},
    {scsi::kWriteSame16, -1, kChangesMedium, &write_same},
    {scsi::kMaintenanceIn, scsi::kServiceReportTargetPortGroups, kAnyAccessState, &report_groups},
    {scsi::kMaintenanceOut, scsi::kServiceSetTargetPortGroups, kAnyAccessState, &set_groups},
}};

}  // namespace

const CommandRow* find_command(base::Bytes cdb) {
  if (cdb.size() < 6 || cdb.size() < scsi::cdb_length_of(cdb[0])) {
    return nullptr;
  }
  for (const CommandRow& row : kCommands) {
    if (row.opcode == cdb[0] && (row.service_action < 0 || row.service_action == (cdb[1] & 0x1f))) {
      return &row;
    }
  }
  return nullptr;
}

void end_good(Task& task) {
  task.status = scsi::kGood;
}

void end_check(Task& task, uint8_t sense_key, uint16_t sense_code) {
  scsi::Sense sense;
  sense.key = sense_key;
  sense.asc = static_cast<uint8_t>(sense_code >> 8);
  sense.ascq = static_cast<uint8_t>(sense_code);
  task.status = scsi::kCheckCondition;
  task.sense_bytes = static_cast<uint8_t>(scsi::encode_fixed_sense(task.sense, sense));
  task.data_in.clear();
}

void end_invalid_field(Task& task, uint16_t byte, bool in_cdb) {
  end_check(task, scsi::kIllegalRequest, in_cdb ? 0x2400 : 0x2600);
  task.sense[15] = in_cdb ? 0xc0 : 0x80;  // SKSV, C/D
  base::store_be16(&task.sense[16], byte);
}

}  // namespace array
