// A vendor's rule may ask the controller behind a path to take the LUN over: START STOP UNIT.
#include <gtest/gtest.h>

#include <algorithm>

#include "dsm/testing/operation_host.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace dsm::testing {
namespace {

constexpr ErrorRow kPassive[] = {
    {.name = "passive",
     .needs_sense = true,
     .key = scsi::kNotReady,
     .asc = 0x80,
     .ascq = 0x01,
     .verdict = {.retry = true, .target = Target::same_path, .free = true},
     .follow_up = FollowUp::start_unit}};

// Two paths without ALUA; the second one's controller answers that it is passive.
struct PassivePair : TestHost {
  explicit PassivePair(PathSpec spec = {}) {
    config.vendor_rows = kPassive;
    groups = {{1, scsi::AccessState::active_optimized}};
    path(1, spec);
    path(2, spec);
  }
  Verdict passive(NexusId nexus = 2) { return sense(nexus, scsi::kNotReady, 0x80, 0x01); }
  unsigned starts() const { return count_sent(scsi::kStartStopUnit); }
  bool told_failure() const {
    return !reports.empty() && std::any_of(reports.begin(), reports.end(), [](const Report& each) {
      return each.what == ReportWhat::start_failed;
    });
  }
  void expect_at_rest() {
    EXPECT_TRUE(sent.empty());
    EXPECT_FALSE(throttled());
    EXPECT_EQ(lun().access.phase, AccessPhase::idle);
    EXPECT_FALSE(lun().access.start_wanted);
  }
};

TEST(TakeOver, IsAskedForDownThePathThatIsPassiveAndHoldsIoMeanwhile) {
  PassivePair host;
  const Verdict verdict = host.passive();
  EXPECT_TRUE(verdict.retry && verdict.free);
  ASSERT_EQ(host.sent.size(), 1U);
  EXPECT_EQ(host.sent.front().nexus, 2U);
  EXPECT_EQ(host.sent.front().send.cdb.opcode(), scsi::kStartStopUnit);
  EXPECT_EQ(host.sent.front().send.cdb.bytes[4], 1) << "START";
  EXPECT_TRUE(host.throttled());
  host.answer(host.take(), scsi::kGood);
  host.expect_at_rest();
  EXPECT_EQ(host.states(), "AO AO") << "no path has failed";
}

TEST(TakeOver, IsAskedForOnceForAllCommandsThatFailTogether) {
  PassivePair host;
  for (int i = 0; i < 5; ++i) {
    host.passive();
  }
  host.passive(1);
  EXPECT_EQ(host.starts(), 1U);
  host.answer(host.take(), scsi::kGood);
  host.expect_at_rest();
  host.passive();
  EXPECT_EQ(host.starts(), 2U) << "a later one is a new matter";
}

TEST(TakeOver, IsRepeatedAfterAUnitAttention) {
  PassivePair host;
  host.passive();
  host.answer_with_sense(host.take(), scsi::kUnitAttention, 0x29, 0x00);
  EXPECT_TRUE(host.throttled());
  EXPECT_TRUE(host.sent.empty());
  host.advance_ms(1'000);
  ASSERT_EQ(host.starts(), 2U);
  EXPECT_EQ(host.sent.front().nexus, 2U);
  host.answer(host.take(), scsi::kGood);
  host.expect_at_rest();
}

TEST(TakeOver, ThatFailsIsToldAndLetsIoGoOn) {
  PassivePair refused;
  refused.passive();
  refused.answer_with_sense(refused.take(), scsi::kHardwareError, 0x44, 0x00);
  EXPECT_TRUE(refused.told_failure());
  EXPECT_EQ(refused.starts(), 1U) << "whoever fails again asks again";
  refused.expect_at_rest();

  PassivePair lost;
  lost.passive();
  lost.lose(lost.take());
  EXPECT_TRUE(lost.told_failure());
  EXPECT_EQ(lost.starts(), 1U) << "no other path may carry it";
  lost.expect_at_rest();
}

TEST(TakeOver, IsNotAskedForDownAnotherPathWhenItsOwnHasFailed) {
  PassivePair host;
  host.fail_path(2);
  host.passive();
  EXPECT_EQ(host.starts(), 0U);
  host.expect_at_rest();

  host.passive(1);
  host.answer_with_sense(host.take(), scsi::kUnitAttention, 0x29, 0x00);
  host.fail_path(1);
  host.advance_ms(1'000);
  EXPECT_EQ(host.starts(), 1U);
  host.expect_at_rest();
}

TEST(TakeOver, OfAnAluaLunIsFollowedByALookAtTheStates) {
  PassivePair host({.group = 1, .support = AluaSupport::implicit_only});
  host.answer_all();
  host.passive();
  host.answer(host.take(), scsi::kGood);
  ASSERT_EQ(host.sent.size(), 1U);
  EXPECT_TRUE(host.sent.front().is_rtpg());
  host.answer_all();
  host.expect_at_rest();
}

TEST(TakeOver, ThatIsLostDoesNotSlowDownOtherWork) {
  PassivePair host({.group = 1, .support = AluaSupport::implicit_only});
  host.groups[1] = scsi::AccessState::active_nonoptimized;
  host.sense(1, scsi::kUnitAttention, 0x2a, 0x06);
  host.answer_all();
  ASSERT_NE(host.lun().plan.reason, PlanReason::optimal);
  const uint32_t before = host.lun().access.activate_failures;
  host.passive();
  host.lose(host.take());
  host.answer_all();
  EXPECT_EQ(host.lun().access.activate_failures, before);
}

TEST(TakeOver, ThePathToAPassiveControllerIsInOrder) {
  OperationHost host;
  host.config.vendor_rows = kPassive;
  host.path(1);
  const OperationId passive = host.verify(1);
  host.answer_with_sense(host.take(), scsi::kNotReady, 0x80, 0x01);
  EXPECT_EQ(host.code(passive), base::Code::ok);
  const OperationId other = host.verify(1);
  host.answer_with_sense(host.take(), scsi::kNotReady, 0x80, 0x02);
  EXPECT_EQ(host.code(other), base::Code::io_error);
  EXPECT_EQ(host.count_sent(scsi::kStartStopUnit), 0U) << "nobody wants to read or write yet";
}

}  // namespace
}  // namespace dsm::testing
