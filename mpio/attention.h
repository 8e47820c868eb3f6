// Answers that say: what you know of this logical unit may not be true any more. The array raises
// unit attentions before it lets another command of that I_T nexus through (SAM-5 5.14), so whoever
// looks again before he sends on is never too late.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace mpio {

enum class Attention : uint8_t {
  none,
  capacity,       // 2A/09: the size may be another
  identity,       // 3F/03, 3F/05, 3F/0E: it may be another logical unit altogether
  mode,           // 2A/00, 2A/01: it may be write-protected now, or not any more
  write_refused,  // DATA PROTECT 27/00 to 27/06: it is write-protected, for this command at least
};

// Of a command's answer.
Attention attention_of(uint8_t scsi_status, base::Bytes sense);

}  // namespace mpio
