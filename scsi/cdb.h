// Command descriptor blocks: builders for what a host sends, and one reader for what they mean.
// SPC-4 4.2.5, SBC-3 5.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "scsi/opcodes.h"

namespace scsi {

struct Cdb {
  std::array<uint8_t, 16> bytes{};
  uint8_t length = 0;

  constexpr uint8_t opcode() const { return bytes[0]; }
  constexpr uint8_t service_action() const { return bytes[1] & 0x1f; }
  base::Bytes span() const { return {bytes.data(), length}; }
};

Cdb make_test_unit_ready();
Cdb make_request_sense(bool descriptor, uint8_t allocation_bytes);
Cdb make_inquiry(uint16_t allocation_bytes);
Cdb make_inquiry_vpd(uint8_t page, uint16_t allocation_bytes);
Cdb make_report_luns(uint32_t allocation_bytes);
Cdb make_read_capacity10();
Cdb make_read_capacity16(uint32_t allocation_bytes);
Cdb make_report_target_port_groups(bool extended_header, uint32_t allocation_bytes);
Cdb make_set_target_port_groups(uint32_t parameter_bytes);
// START=1, not IMMED: answered when the logical unit is ready.
Cdb make_start_unit();

// READ and WRITE in the shortest of the 10- and 16-byte forms that can say it.
Cdb make_read(uint64_t lba, uint32_t blocks, bool fua = false);
Cdb make_write(uint64_t lba, uint32_t blocks, bool fua = false);
// From lba to the end of the medium when blocks is 0.
Cdb make_synchronize_cache(uint64_t lba, uint32_t blocks);
Cdb make_unmap(uint16_t parameter_bytes);
// The current values of a mode page (kModeAllPages: all), without block descriptors.
Cdb make_mode_sense6(uint8_t page, uint8_t allocation_bytes);
Cdb make_mode_sense10(uint8_t page, uint16_t allocation_bytes);
struct WriteSameFlags {
  bool unmap = false;
  bool no_data_out = false;  // NDOB, 16-byte form only: the pattern is zeros
};
Cdb make_write_same16(uint64_t lba, uint32_t blocks, WriteSameFlags flags);

// The length that the group code promises (SPC-4 table 29); 0 for variable-length and vendor
// groups.
constexpr uint8_t cdb_length_of(uint8_t opcode) {
  switch (opcode >> 5) {
    case 0:
      return 6;
    case 1:
    case 2:
      return 10;
    case 4:
      return 16;
    case 5:
      return 12;
    default:
      return 0;
  }
}
// FUA, in byte 1 of READ and WRITE of 10 to 16 bytes.
inline constexpr uint8_t kCdbFua = 0x08;

// True when executing the command twice, late, could overwrite newer data. Unknown codes count as
// changing.
bool changes_medium(uint8_t opcode);

// "READ(10)", "REPORT TARGET PORT GROUPS" ...; "opcode 9Fh" is the caller's to print when this is
// empty.
const char* name_of_command(base::Bytes cdb);

}  // namespace scsi
