// See cdb.h. Field offsets: SBC-3 5.8-5.40 and SPC-4 6.
#include "scsi/cdb.h"

namespace scsi {
namespace {

constexpr uint8_t kEvpd = 0x01;
constexpr uint8_t kDisableBlockDescriptors = 0x08;

Cdb start(uint8_t opcode, uint8_t length) {
  Cdb cdb;
  cdb.bytes[0] = opcode;
  cdb.length = length;
  return cdb;
}

Cdb make_transfer(uint8_t opcode10, uint8_t opcode16, uint64_t lba, uint32_t blocks, bool fua) {
  if (lba <= UINT32_MAX && blocks <= UINT16_MAX) {
    Cdb cdb = start(opcode10, 10);
    cdb.bytes[1] = fua ? kCdbFua : 0;
    base::store_be32(&cdb.bytes[2], static_cast<uint32_t>(lba));
    base::store_be16(&cdb.bytes[7], static_cast<uint16_t>(blocks));
    return cdb;
  }
  Cdb cdb = start(opcode16, 16);
  cdb.bytes[1] = fua ? kCdbFua : 0;
  base::store_be64(&cdb.bytes[2], lba);
  base::store_be32(&cdb.bytes[10], blocks);
  return cdb;
}

constexpr uint8_t kAny = 0xff;

struct CommandRow {
  uint8_t opcode;
  const char* name;
  uint8_t service_action = kAny;  // kAny: the operation code alone says it
};
constexpr std::array<CommandRow, 45> kCommands = {{
    {kTestUnitReady, "TEST UNIT READY"},
    {kRequestSense, "REQUEST SENSE"},
    {kRead6, "READ(6)"},
    {kWrite6, "WRITE(6)"},
    {kInquiry, "INQUIRY"},
    {kModeSelect6, "MODE SELECT(6)"},
    {kReserve6, "RESERVE(6)"},
    {kRelease6, "RELEASE(6)"},
    {kModeSense6, "MODE SENSE(6)"},
    {kStartStopUnit, "START STOP UNIT"},
    {kPreventAllowMediumRemoval, "PREVENT ALLOW MEDIUM REMOVAL"},
    {kReadCapacity10, "READ CAPACITY(10)"},
    {kRead10, "READ(10)"},
    {kWrite10, "WRITE(10)"},
    {kWriteAndVerify10, "WRITE AND VERIFY(10)"},
    {kVerify10, "VERIFY(10)"},
    {kPreFetch10, "PRE-FETCH(10)"},
    {kSynchronizeCache10, "SYNCHRONIZE CACHE(10)"},
    {kWriteSame10, "WRITE SAME(10)"},
    {kUnmap, "UNMAP"},
    {kModeSelect10, "MODE SELECT(10)"},
    {kReserve10, "RESERVE(10)"},
    {kRelease10, "RELEASE(10)"},
    {kModeSense10, "MODE SENSE(10)"},
    {kPersistentReserveIn, "PERSISTENT RESERVE IN"},
    {kPersistentReserveOut, "PERSISTENT RESERVE OUT"},
    {kRead16, "READ(16)"},
    {kCompareAndWrite, "COMPARE AND WRITE"},
    {kWrite16, "WRITE(16)"},
    {kWriteAndVerify16, "WRITE AND VERIFY(16)"},
    {kVerify16, "VERIFY(16)"},
    {kPreFetch16, "PRE-FETCH(16)"},
    {kSynchronizeCache16, "SYNCHRONIZE CACHE(16)"},
    {kWriteSame16, "WRITE SAME(16)"},
    {kServiceActionIn16, "READ CAPACITY(16)", kServiceReadCapacity16},
    {kServiceActionIn16, "GET LBA STATUS", kServiceGetLbaStatus},
    {kReportLuns, "REPORT LUNS"},
    {kMaintenanceIn, "REPORT TARGET PORT GROUPS", kServiceReportTargetPortGroups},
    {kMaintenanceIn, "REPORT SUPPORTED OPERATION CODES", kServiceReportSupportedOpcodes},
    {kMaintenanceIn, "REPORT SUPPORTED TASK MANAGEMENT FUNCTIONS",
     kServiceReportSupportedFunctions},
    {kMaintenanceOut, "SET TARGET PORT GROUPS", kServiceSetTargetPortGroups},
    {kRead12, "READ(12)"},
    {kWrite12, "WRITE(12)"},
    {kWriteAndVerify12, "WRITE AND VERIFY(12)"},
    {kVerify12, "VERIFY(12)"},
}};

}  // namespace

Cdb make_test_unit_ready() {
  return start(kTestUnitReady, 6);
}

Cdb make_request_sense(bool descriptor, uint8_t allocation_bytes) {
  Cdb cdb = start(kRequestSense, 6);
  cdb.bytes[1] = descriptor ? 1 : 0;
  cdb.bytes[4] = allocation_bytes;
  return cdb;
}

Cdb make_inquiry(uint16_t allocation_bytes) {
  Cdb cdb = start(kInquiry, 6);
  base::store_be16(&cdb.bytes[3], allocation_bytes);
  return cdb;
}

Cdb make_inquiry_vpd(uint8_t page, uint16_t allocation_bytes) {
  Cdb cdb = make_inquiry(allocation_bytes);
  cdb.bytes[1] = kEvpd;
  cdb.bytes[2] = page;
  return cdb;
}

Cdb make_report_luns(uint32_t allocation_bytes) {
  Cdb cdb = start(kReportLuns, 12);
  base::store_be32(&cdb.bytes[6], allocation_bytes);
  return cdb;
}

Cdb make_read_capacity10() {
  return start(kReadCapacity10, 10);
}

Cdb make_read_capacity16(uint32_t allocation_bytes) {
  Cdb cdb = start(kServiceActionIn16, 16);
  cdb.bytes[1] = kServiceReadCapacity16;
  base::store_be32(&cdb.bytes[10], allocation_bytes);
  return cdb;
}

Cdb make_report_target_port_groups(bool extended_header, uint32_t allocation_bytes) {
  Cdb cdb = start(kMaintenanceIn, 12);
  cdb.bytes[1] =
      static_cast<uint8_t>(kServiceReportTargetPortGroups | (extended_header ? 0x20 : 0));
  base::store_be32(&cdb.bytes[6], allocation_bytes);
  return cdb;
}

Cdb make_set_target_port_groups(uint32_t parameter_bytes) {
  Cdb cdb = start(kMaintenanceOut, 12);
  cdb.bytes[1] = kServiceSetTargetPortGroups;
  base::store_be32(&cdb.bytes[6], parameter_bytes);
  return cdb;
}

Cdb make_start_unit() {
  Cdb cdb = start(kStartStopUnit, 6);
  cdb.bytes[4] = 0x01;
  return cdb;
}

Cdb make_read(uint64_t lba, uint32_t blocks, bool fua) {
  return make_transfer(kRead10, kRead16, lba, blocks, fua);
}

Cdb make_write(uint64_t lba, uint32_t blocks, bool fua) {
  return make_transfer(kWrite10, kWrite16, lba, blocks, fua);
}

Cdb make_synchronize_cache(uint64_t lba, uint32_t blocks) {
  return make_transfer(kSynchronizeCache10, kSynchronizeCache16, lba, blocks, false);
}

Cdb make_mode_sense6(uint8_t page, uint8_t allocation_bytes) {
  Cdb cdb = start(kModeSense6, 6);
  cdb.bytes[1] = kDisableBlockDescriptors;
  cdb.bytes[2] = page;
  cdb.bytes[4] = allocation_bytes;
  return cdb;
}

Cdb make_mode_sense10(uint8_t page, uint16_t allocation_bytes) {
  Cdb cdb = start(kModeSense10, 10);
  cdb.bytes[1] = kDisableBlockDescriptors;
  cdb.bytes[2] = page;
  base::store_be16(&cdb.bytes[7], allocation_bytes);
  return cdb;
}

Cdb make_unmap(uint16_t parameter_bytes) {
  Cdb cdb = start(kUnmap, 10);
  base::store_be16(&cdb.bytes[7], parameter_bytes);
  return cdb;
}

Cdb make_write_same16(uint64_t lba, uint32_t blocks, WriteSameFlags flags) {
  Cdb cdb = start(kWriteSame16, 16);
  cdb.bytes[1] = static_cast<uint8_t>((flags.unmap ? 0x08 : 0) | (flags.no_data_out ? 0x01 : 0));
  base::store_be64(&cdb.bytes[2], lba);
  base::store_be32(&cdb.bytes[10], blocks);
  return cdb;
}

bool changes_medium(uint8_t opcode) {
  switch (opcode) {
    case kTestUnitReady:
    case kRequestSense:
    case kRead6:
    case kInquiry:
    case kModeSense6:
    case kReadCapacity10:
    case kRead10:
    case kVerify10:
    case kPreFetch10:
    case kSynchronizeCache10:
    case kModeSense10:
    case kPersistentReserveIn:
    case kRead16:
    case kVerify16:
    case kPreFetch16:
    case kSynchronizeCache16:
    case kServiceActionIn16:
    case kReportLuns:
    case kMaintenanceIn:
    case kRead12:
    case kVerify12:
      return false;
    default:
      return true;
  }
}

const char* name_of_command(base::Bytes cdb) {
  if (!cdb.empty()) {
    for (const CommandRow& row : kCommands) {
      const bool acts =
          row.service_action == kAny || (cdb.size() > 1 && (cdb[1] & 0x1f) == row.service_action);
      if (row.opcode == cdb[0] && acts) {
        return row.name;
      }
    }
  }
  return "";
}

}  // namespace scsi
