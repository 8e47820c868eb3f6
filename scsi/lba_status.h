// What GET LBA STATUS answers. SBC-3 5.4.
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"

namespace scsi {

struct LbaStatus {
  uint64_t lba = 0;
  uint32_t blocks = 0;
  bool mapped = true;  // else deallocated
};
inline constexpr size_t kLbaStatusHeaderBytes = 8;
inline constexpr size_t kLbaStatusBytes = 16;

// Returns the full length, writes what fits.
size_t encode_lba_status(base::MutableBytes out, std::span<const LbaStatus> ranges);

}  // namespace scsi
