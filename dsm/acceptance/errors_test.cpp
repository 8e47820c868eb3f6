// Acceptance: what errors mean. Scenarios 16 to 19.
#include "dsm/testing/scenario.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace dsm::testing {
namespace {

using scsi::AccessState;

TEST(Acceptance, S16_StandbyIsFreeOnlyWhereAnOptimizedPathIs) {
  TestHost host;
  host.groups = {{1, AccessState::active_optimized}, {2, AccessState::standby}};
  host.path(1, explicit_in(1));
  host.path(2, explicit_in(2));
  const Verdict read = host.sense(2, 2, 0x04, 0x0b, scsi::kRead10);
  EXPECT_TRUE(read.retry);
  EXPECT_TRUE(read.free);
  const Verdict tur = host.sense(2, 2, 0x04, 0x0b, scsi::kTestUnitReady);
  EXPECT_TRUE(tur.retry);
  EXPECT_FALSE(tur.free);
  host.answer_all();

  host.refuse_stpg = true;
  host.fail_path(1);
  host.answer_all();
  const Verdict nothing_active = host.sense(2, 2, 0x04, 0x0b, scsi::kRead10);
  EXPECT_TRUE(nothing_active.retry);
  EXPECT_FALSE(nothing_active.free) << "or it would go round for ever";
}

// The array has made it a standby, and its states have not been read yet.
TEST(Acceptance, S16_TheOptimizedPathThatAnswersStandbyIsNoWayOut) {
  ExplicitPair host;
  ASSERT_EQ(host.states(), "AO AU");
  const Verdict read = host.sense(1, 2, 0x04, 0x0b, scsi::kRead10);
  EXPECT_TRUE(read.retry);
  EXPECT_FALSE(read.free);
}

TEST(Acceptance, S16_APathThatStandsInIsNotAnOptimizedOne) {
  TestHost host;
  host.refuse_stpg = true;
  host.groups = {{1, AccessState::active_nonoptimized}, {2, AccessState::standby}};
  host.path(1, explicit_in(1));
  host.path(2, explicit_in(2));
  ASSERT_EQ(host.next(), 1U);
  const Verdict read = host.sense(2, 2, 0x04, 0x0b, scsi::kRead10);
  EXPECT_TRUE(read.retry);
  EXPECT_FALSE(read.free);
}

TEST(Acceptance, S17_TransitionIsTheSameHoweverThePortDriverPutsIt) {
  for (const TransportOutcome outcome : {TransportOutcome::delivered, TransportOutcome::busy}) {
    ExplicitPair host;
    const auto bytes = fixed_sense(2, 0x04, 0x0a);
    const Verdict verdict = host.error(1, {.outcome = outcome,
                                           .scsi_status = scsi::kCheckCondition,
                                           .sense = bytes,
                                           .opcode = 0x28,
                                           .is_rw = true});
    EXPECT_TRUE(verdict.retry && verdict.free) << name_of(outcome);
    ASSERT_FALSE(host.sent.empty());
    EXPECT_TRUE(host.sent.front().is_rtpg());
    EXPECT_EQ(host.sent.front().nexus, 2U) << "asked in another group";
  }
}

TEST(Acceptance, S18_WhatTheLayerAboveMustSeeIsGivenBack) {
  const std::array<std::array<uint8_t, 3>, 5> codes{
      {{6, 0x38, 0x07}, {7, 0x27, 0x07}, {2, 0x04, 0x14}, {6, 0x3f, 0x03}, {6, 0x2a, 0x09}}};
  for (const auto& code : codes) {
    ExplicitPair host;
    const Verdict verdict = host.sense(1, code[0], code[1], code[2]);
    EXPECT_FALSE(verdict.retry);
    EXPECT_FALSE(verdict.failover);
    EXPECT_FALSE(verdict.free);
    EXPECT_TRUE(verdict.give_back);
    EXPECT_EQ(host.states(), "AO AU");
  }
}

TEST(Acceptance, S19_ReservationConflictChangesNothing) {
  ExplicitPair host;
  const size_t before = host.history.size();
  const Verdict verdict =
      host.error(1, {.scsi_status = scsi::kReservationConflict, .opcode = 0x28, .is_rw = true});
  EXPECT_TRUE(verdict.give_back);
  EXPECT_FALSE(verdict.retry);
  EXPECT_FALSE(verdict.failover);
  EXPECT_EQ(host.states(), "AO AU");
  EXPECT_EQ(host.history.size(), before);
}

}  // namespace
}  // namespace dsm::testing
