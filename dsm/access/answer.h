// What the answer to an STPG or RTPG means for the work that waits for it. Inside dsm/ only.
#pragma once

#include "dsm/event.h"
#include "scsi/sense.h"

namespace dsm::access {

enum class Answer : uint8_t {
  good,
  again_later,  // busy, a unit attention, a transition: the same again after a pause
  ask_basic,    // RTPG: the target does not know the extended header
  elsewhere,    // this nexus does not carry it; another one may
  failed,       // STPG, START STOP UNIT: the array does not want to
};

// `extended`: the command was an RTPG that asked for the extended header.
enum class Asked : uint8_t { stpg, rtpg, rtpg_extended, start };
Answer judge(Asked asked, const CommandDone& done, const scsi::Sense& sense);

}  // namespace dsm::access
