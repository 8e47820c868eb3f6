// Operation codes, service actions and SAM status codes, by their names in the standards (SPC-4,
// SBC-3, SAM-5).
#pragma once

#include <cstdint>

namespace scsi {

enum Opcode : uint8_t {
  kTestUnitReady = 0x00,
  kRequestSense = 0x03,
  kRead6 = 0x08,
  kWrite6 = 0x0a,
  kInquiry = 0x12,
  kModeSelect6 = 0x15,
  kReserve6 = 0x16,
  kRelease6 = 0x17,
  kModeSense6 = 0x1a,
  kStartStopUnit = 0x1b,
  kPreventAllowMediumRemoval = 0x1e,
  kReadCapacity10 = 0x25,
  kRead10 = 0x28,
  kWrite10 = 0x2a,
  kWriteAndVerify10 = 0x2e,
  kVerify10 = 0x2f,
  kPreFetch10 = 0x34,
  kSynchronizeCache10 = 0x35,
  kWriteSame10 = 0x41,
  kUnmap = 0x42,
  kModeSelect10 = 0x55,
  kReserve10 = 0x56,
  kRelease10 = 0x57,
  kModeSense10 = 0x5a,
  kPersistentReserveIn = 0x5e,
  kPersistentReserveOut = 0x5f,
  kRead16 = 0x88,
  kCompareAndWrite = 0x89,
  kWrite16 = 0x8a,
  kWriteAndVerify16 = 0x8e,
  kVerify16 = 0x8f,
  kPreFetch16 = 0x90,
  kSynchronizeCache16 = 0x91,
  kWriteSame16 = 0x93,
  kServiceActionIn16 = 0x9e,
  kReportLuns = 0xa0,
  kMaintenanceIn = 0xa3,
  kMaintenanceOut = 0xa4,
  kRead12 = 0xa8,
  kWrite12 = 0xaa,
  kWriteAndVerify12 = 0xae,
  kVerify12 = 0xaf,
};

inline constexpr uint8_t kServiceReadCapacity16 = 0x10;            // of kServiceActionIn16
inline constexpr uint8_t kServiceGetLbaStatus = 0x12;              // of kServiceActionIn16
inline constexpr uint8_t kServiceReportTargetPortGroups = 0x0a;    // of kMaintenanceIn
inline constexpr uint8_t kServiceReportSupportedOpcodes = 0x0c;    // of kMaintenanceIn
inline constexpr uint8_t kServiceReportSupportedFunctions = 0x0d;  // of kMaintenanceIn
inline constexpr uint8_t kServiceSetTargetPortGroups = 0x0a;       // of kMaintenanceOut

enum Status : uint8_t {
  kGood = 0x00,
  kCheckCondition = 0x02,
  kConditionMet = 0x04,
  kBusy = 0x08,
  kReservationConflict = 0x18,
  kTaskSetFull = 0x28,
  kAcaActive = 0x30,
  kTaskAborted = 0x40,
};

}  // namespace scsi
