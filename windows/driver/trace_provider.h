// Under which name a trace session finds this driver.
#pragma once

#include "windows/driver/identity.h"

namespace driver {

using identity::kTraceProviderGuid;
using identity::kTraceProviderName;

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
