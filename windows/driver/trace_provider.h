// Under which name a trace session finds this driver.
#pragma once

#include "windows/abi/kernel.h"

namespace driver {

inline constexpr char kTraceProviderName[] = "dsmkit-mydsm";
inline constexpr GUID kTraceProviderGuid = {
    0xb0f7c954, 0xb396, 0x54a6, {0xb9, 0x44, 0xbb, 0xec, 0xb0, 0xfd, 0x56, 0x67}};

// Levels are those of ETW: 2 error, 3 warning, 4 information, 5 verbose.
namespace keyword {
inline constexpr ULONGLONG kDevices = 0x1;   // registration, LUNs and paths come and go
inline constexpr ULONGLONG kPaths = 0x2;     // path states, failovers, held I/O
inline constexpr ULONGLONG kErrors = 0x4;    // what failed requests were taken for
inline constexpr ULONGLONG kCommands = 0x8;  // the DSM's own commands and how they ended
inline constexpr ULONGLONG kReservations = 0x10;
inline constexpr ULONGLONG kSettings = 0x20;
inline constexpr ULONGLONG kRecords = 0x8000;  // the raw records, for `dsmkit replay`
}  // namespace keyword

}  // namespace driver
