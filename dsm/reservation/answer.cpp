// Judging the answers to PERSISTENT RESERVE IN and OUT. SPC-4 5.12, 5.15.2.4, 6.15, 6.16.
#include "dsm/reservation/answer.h"

#include "scsi/opcodes.h"

namespace dsm::reservation {
namespace {

// Standby serves these commands (SPC-4 table 45), the states beyond it do not.
Answer judge_not_ready(const scsi::Sense& sense) {
  const bool passes = sense.asc == 0x04 && (sense.ascq == 0x01 || sense.ascq == 0x0a);
  return passes ? Answer::later : Answer::elsewhere;
}

Answer judge_transport(TransportOutcome outcome) {
  switch (outcome) {
    case TransportOutcome::busy:
      return Answer::later;
    case TransportOutcome::not_sent:
      return Answer::elsewhere;
    default:
      return Answer::lost;
  }
}

}  // namespace

Answer judge(const CommandDone& done, const scsi::Sense& sense) {
  if (done.outcome != TransportOutcome::delivered) {
    return judge_transport(done.outcome);
  }
  switch (done.scsi_status) {
    case scsi::kGood:
      return Answer::good;
    case scsi::kReservationConflict:
      return Answer::conflict;
    case scsi::kBusy:
    case scsi::kTaskSetFull:
    case scsi::kTaskAborted:
      return Answer::later;
    default:
      break;
  }
  switch (sense.key) {
    case scsi::kUnitAttention:
      return Answer::again;
    case scsi::kNotReady:
      return judge_not_ready(sense);
    case scsi::kAbortedCommand:
      return Answer::later;
    default:
      return Answer::refused;
  }
}

}  // namespace dsm::reservation
