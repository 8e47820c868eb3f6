// What a client gets to know of a completion that the DSM gives back.
#include "mpio/class_rules.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace mpio {
namespace {

constexpr dsm::Verdict kReport{.give_back = true, .advice = dsm::Advice::report};

TransportCommand delivered(uint8_t status) {
  TransportCommand command;
  command.delivery = Delivery::delivered;
  command.scsi_status = status;
  return command;
}

TransportCommand with_sense(uint8_t key, uint8_t asc, uint8_t ascq) {
  TransportCommand command = delivered(scsi::kCheckCondition);
  scsi::Sense sense;
  sense.format = scsi::SenseFormat::fixed;
  sense.key = key;
  sense.asc = asc;
  sense.ascq = ascq;
  command.sense_bytes = static_cast<uint16_t>(scsi::encode_fixed_sense(command.sense, sense));
  return command;
}

TEST(ClassRules, GoodIsGoodOnlyWithAllItsData) {
  TransportCommand command = delivered(scsi::kGood);
  EXPECT_EQ(decide(kReport, command).error, 0);
  command.residual_bytes = 512;
  EXPECT_EQ(decide(kReport, command).error, EIO);
  command.residual_bytes = 0;
  command.overflow = true;
  EXPECT_EQ(decide(kReport, command).error, EIO);
}

TEST(ClassRules, SenseBecomesTheErrnoThatClientsUnderstand) {
  EXPECT_EQ(decide(kReport, with_sense(scsi::kRecoveredError, 0x17, 0x01)).error, 0);
  EXPECT_EQ(decide(kReport, with_sense(scsi::kMediumError, 0x11, 0x00)).error, EIO);
  EXPECT_EQ(decide(kReport, with_sense(scsi::kDataProtect, 0x27, 0x00)).error, EPERM);
  EXPECT_EQ(decide(kReport, with_sense(scsi::kDataProtect, 0x27, 0x07)).error, ENOSPC);
  EXPECT_EQ(decide(kReport, with_sense(scsi::kIllegalRequest, 0x20, 0x00)).error, EOPNOTSUPP);
  EXPECT_EQ(decide(kReport, with_sense(scsi::kIllegalRequest, 0x21, 0x00)).error, EIO);
  EXPECT_EQ(decide(kReport, delivered(scsi::kReservationConflict)).error, EPERM);
  EXPECT_EQ(decide(kReport, delivered(scsi::kCheckCondition)).error, EIO);
}

TEST(ClassRules, NotDeliveredIsAnErrorWhateverTheStatusFieldSays) {
  TransportCommand command = delivered(scsi::kGood);
  command.delivery = Delivery::link_lost;
  EXPECT_EQ(decide(kReport, command).error, EIO);
}

TEST(ClassRules, AdviceIsTaken) {
  dsm::Verdict verdict = kReport;
  verdict.advice = dsm::Advice::retry_now;
  EXPECT_EQ(decide(verdict, delivered(scsi::kTaskAborted)).action, ClassAction::retry_now);
  verdict.advice = dsm::Advice::retry_later;
  EXPECT_EQ(decide(verdict, delivered(scsi::kBusy)).action, ClassAction::retry_later);
}

}  // namespace
}  // namespace mpio
