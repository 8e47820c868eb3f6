// See class_rules.h.
#include "mpio/class_rules.h"

#include <cerrno>

#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace mpio {
namespace {

// First match decides; 0xff matches any code.
struct ErrnoRule {
  uint8_t key;
  uint8_t asc;
  uint8_t ascq;
  int error;
};
constexpr uint8_t kAny = 0xff;
constexpr ErrnoRule kRules[] = {
    {scsi::kRecoveredError, kAny, kAny, 0},           // the data is good
    {scsi::kDataProtect, 0x27, 0x07, ENOSPC},         // thin pool is full
    {scsi::kDataProtect, kAny, kAny, EPERM},          // write protected
    {scsi::kIllegalRequest, 0x20, kAny, EOPNOTSUPP},  // no such command
    {kAny, kAny, kAny, EIO},
};

int errno_of(const scsi::Sense& sense) {
  const auto is = [](uint8_t wanted, uint8_t seen) { return wanted == kAny || wanted == seen; };
  for (const ErrnoRule& rule : kRules) {
    if (is(rule.key, sense.key) && is(rule.asc, sense.asc) && is(rule.ascq, sense.ascq)) {
      return rule.error;
    }
  }
  return EIO;
}

}  // namespace

ClassDecision decide(const dsm::Verdict& verdict, const TransportCommand& command) {
  switch (verdict.advice) {
    case dsm::Advice::retry_now:
      return {ClassAction::retry_now, EIO};
    case dsm::Advice::retry_later:
      return {ClassAction::retry_later, EIO};
    case dsm::Advice::report:
      break;
  }
  if (command.delivery != Delivery::delivered) {
    return {ClassAction::done, EIO};
  }
  if (command.scsi_status == scsi::kGood) {
    // GOOD, but not all the data moved: nothing that a client may take for the truth.
    const bool torn = command.overflow || command.residual_bytes != 0;
    return {ClassAction::done, torn ? EIO : 0};
  }
  if (command.scsi_status == scsi::kReservationConflict) {
    return {ClassAction::done, EPERM};
  }
  const scsi::Sense sense = scsi::decode_sense({command.sense.data(), command.sense_bytes});
  return {ClassAction::done, sense.valid() ? errno_of(sense) : EIO};
}

}  // namespace mpio
