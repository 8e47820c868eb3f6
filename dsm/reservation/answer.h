// What the answer to a PERSISTENT RESERVE command means for what comes next. Inside dsm/ only.
#pragma once

#include "dsm/event.h"
#include "scsi/sense.h"

namespace dsm::reservation {

enum class Answer : uint8_t {
  good,
  conflict,   // RESERVATION CONFLICT: the target's last word
  again,      // a unit attention came instead: at once, on the same path
  later,      // busy, in transition, aborted: after a pause
  elsewhere,  // not executed; another path may serve
  lost,       // nobody knows whether it was executed
  refused,    // the target's last word, with sense data
};

Answer judge(const CommandDone& done, const scsi::Sense& sense);

}  // namespace dsm::reservation
