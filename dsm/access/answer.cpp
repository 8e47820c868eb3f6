// Judging the answers to STPG and RTPG. SPC-4 5.15.2, 6.33, 6.45.
#include "dsm/access/answer.h"

#include "scsi/opcodes.h"

namespace dsm::access {
namespace {

// A unit attention announces something that happened before the command, which was not executed;
// 04h/0Ah is the transition itself.
bool passes_by_itself(const scsi::Sense& sense) {
  return sense.key == scsi::kUnitAttention || sense.key == scsi::kAbortedCommand ||
         sense.is(scsi::kNotReady, 0x04, 0x0a);
}

// The standard wants 24h/00h here; arrays are known that say only ILLEGAL REQUEST. 25h/00h is about
// the LUN.
bool refuses_header(const scsi::Sense& sense) {
  return sense.key == scsi::kIllegalRequest && sense.asc != 0x25;
}

}  // namespace

Answer judge(Asked asked, const CommandDone& done, const scsi::Sense& sense) {
  if (done.outcome == TransportOutcome::busy) {
    return Answer::again_later;
  }
  if (done.outcome != TransportOutcome::delivered) {
    return Answer::elsewhere;
  }
  switch (done.scsi_status) {
    case scsi::kGood:
      return Answer::good;
    case scsi::kBusy:
    case scsi::kTaskSetFull:
    case scsi::kTaskAborted:
      return Answer::again_later;
    default:
      break;
  }
  if (sense.valid() && passes_by_itself(sense)) {
    return Answer::again_later;
  }
  if (asked == Asked::rtpg_extended && sense.valid() && refuses_header(sense)) {
    return Answer::ask_basic;
  }
  return asked == Asked::stpg || asked == Asked::start ? Answer::failed : Answer::elsewhere;
}

}  // namespace dsm::access
