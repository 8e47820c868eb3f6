// What the commands that touch blocks have in common: checking their range, and how they end.
#pragma once

#include <cstdint>

#include "array/commands.h"
#include "scsi/block_range.h"

namespace array {

// What page B0h promises and the commands enforce.
inline constexpr uint32_t kMaxTransferBytes = 4U << 20;
inline constexpr uint32_t kMaxUnmapBytes = 256U << 20;
inline constexpr uint32_t kMaxUnmapDescriptors = 32;
inline constexpr uint32_t kMaxWriteSameBytes = 16U << 20;  // it is executed at one instant
inline constexpr uint8_t kMaxCompareAndWriteBlocks = 255;

inline constexpr uint16_t kParameterListLengthError = 0x1a00;
inline constexpr uint16_t kMiscompareDuringVerify = 0x1d00;
inline constexpr uint16_t kOutOfRange = 0x2100;
inline constexpr uint16_t kUnrecoveredReadError = 0x1100;

// All of these return false when they have ended the task.
//
// Reads the block range of the CDB and checks it against the medium; refuses RDPROTECT and its
// sisters, as no protection information is kept (SBC-3 4.22).
bool take_range(Context& context, scsi::BlockRange& range);
bool check_range(Context& context, uint64_t lba, uint64_t blocks);
// Against MAXIMUM TRANSFER LENGTH.
bool check_length(Context& context, const scsi::BlockRange& range);
bool check_writable(Context& context);
// The initiator has sent exactly `bytes`.
bool check_data_out(Context& context, uint64_t bytes);

// GOOD, or the reason why nothing was written.
void end_write(Context& context, Lun::WriteResult result, const scsi::BlockRange& range);

}  // namespace array
