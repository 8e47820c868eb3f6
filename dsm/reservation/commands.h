// The command of each stage. Inside dsm/reservation/ only.
#pragma once

#include "dsm/step.h"

namespace dsm::reservation {

// Sends the command of the present stage down `via`.
void send_command(Step& step, Lun& lun, Nexus& via);

// How often `key` is in an answer to READ KEYS. `known` is false when it is not seen, but the
// answer is cut or no answer at all.
struct KeyCount {
  bool known = false;
  uint32_t count = 0;
};
KeyCount count_key(base::Bytes answer, uint64_t key);

}  // namespace dsm::reservation
