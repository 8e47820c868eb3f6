// What the driver is told once, when it is loaded: values of the key `Parameters`.
//
//   DsmDisableStatistics           REG_DWORD   not 0: paths' reads and writes are not counted
//   DsmMaximumStateTransitionTime  REG_DWORD   seconds, up to an hour, that a PERSISTENT RESERVE
//                                              command is tried again
//   DsmUseCacheForLeastBlocks      REG_BINARY  1 byte; 0: least blocks treats sequential transfers
//                                              like others
//   DsmCacheSizeForLeastBlocks     REG_BINARY  8 bytes, below 2^32: up to so much data under way
//                                              they stay on one path
#pragma once

#include "dsm/config.h"
#include "windows/driver/settings/key.h"

namespace driver {

// What is not set stays as it is.
void read_options(AtPassive here, const SettingsRoot& parameters, dsm::Config& config);

}  // namespace driver
