// Paths that work, but badly: the rate of errors that count against them, and what becomes of it.
#include <gtest/gtest.h>

#include "dsm/testing/operation_host.h"
#include "scsi/sense.h"

namespace dsm::testing {
namespace {

using Nexuses = std::vector<NexusId>;

struct Shaky : OperationHost {
  explicit Shaky(PolicyId policy = PolicyId::round_robin) : OperationHost(policy) {
    config.path_error_limit = 3;
    config.path_error_window_ms = 1'000;
    path(1);
    path(2);
  }
  // Commands that the target aborts, each of which goes well when it is sent again.
  void aborts(NexusId nexus, unsigned times) {
    for (unsigned i = 0; i < times; ++i) {
      const Verdict verdict = sense(nexus, scsi::kAbortedCommand, 0x47, 0x03);
      EXPECT_TRUE(verdict.give_back);
      EXPECT_EQ(verdict.advice, Advice::retry_now);
    }
  }
  unsigned mistrusted() const { return count(ActionKind::mistrust_path); }
  void tell(EventKind kind, PathId id) { on(event::of_path(kind, now, id)); }
};

TEST(ErrorRate, ReachingTheLimitIsToldOnce) {
  Shaky host;
  host.aborts(1, 2);
  EXPECT_EQ(host.mistrusted(), 0U);
  host.aborts(1, 1);
  ASSERT_EQ(host.mistrusted(), 1U);
  EXPECT_EQ(host.history.back().path, 1U);
  host.aborts(1, 10);
  EXPECT_EQ(host.mistrusted(), 1U) << "once in a window";
  host.aborts(2, 2);
  EXPECT_EQ(host.mistrusted(), 1U) << "each path has a count of its own";
}

TEST(ErrorRate, AWindowBeginsWithItsFirstError) {
  Shaky host;
  host.aborts(1, 2);
  host.advance_ms(999);
  host.aborts(1, 1);
  EXPECT_EQ(host.mistrusted(), 1U) << "just within it";
  host.advance_ms(1);
  host.aborts(1, 2);
  EXPECT_EQ(host.mistrusted(), 1U) << "a new one, from 1 again";
  host.aborts(1, 1);
  EXPECT_EQ(host.mistrusted(), 2U);
}

TEST(ErrorRate, AFewErrorsNowAndThenAreNothing) {
  Shaky host;
  for (int i = 0; i < 100; ++i) {
    host.aborts(1, 2);
    host.advance_ms(1'000);
  }
  EXPECT_EQ(host.mistrusted(), 0U);
}

TEST(ErrorRate, TheLunsOfAPathCountTogether) {
  Shaky host;
  host.path(301, {.lun_number = 1});
  host.path(302, {.lun_number = 2});
  host.aborts(301, 2);
  host.aborts(302, 1);
  EXPECT_EQ(host.mistrusted(), 1U);
  EXPECT_EQ(host.history.back().path, 3U);
}

TEST(ErrorRate, WhatIsTheTargetsOwnAffairDoesNotCount) {
  Shaky host;
  for (int i = 0; i < 20; ++i) {
    host.sense(1, scsi::kUnitAttention, 0x29, 0x00);
    host.sense(1, scsi::kMediumError, 0x11, 0x00);
    host.sense(1, scsi::kIllegalRequest, 0x24, 0x00);
    host.error(1, {.scsi_status = scsi::kBusy, .opcode = 0x28, .is_rw = true});
    host.error(1, {.scsi_status = scsi::kReservationConflict, .opcode = 0x28, .is_rw = true});
  }
  EXPECT_EQ(host.mistrusted(), 0U);
}

TEST(ErrorRate, TornTransfersAndAnswersWithoutAReasonCount) {
  Shaky host;
  host.transport_error(1, TransportOutcome::overrun);
  host.error(1, {.scsi_status = scsi::kCheckCondition, .opcode = 0x28, .is_rw = true});
  host.sense(1, scsi::kHardwareError, 0x4b, 0x06);
  EXPECT_EQ(host.mistrusted(), 1U);
}

TEST(ErrorRate, IsOffWithoutALimit) {
  Shaky host;
  host.config.path_error_limit = 0;
  host.aborts(1, 100);
  EXPECT_EQ(host.mistrusted(), 0U);
}

TEST(Marginal, OthersArePreferredUntilItIsTrustedAgain) {
  Shaky host;
  host.tell(EventKind::path_marginal, 1);
  EXPECT_EQ(host.next(3), (Nexuses{2, 2, 2}));
  host.tell(EventKind::path_trusted, 1);
  const Nexuses both = host.next(2);
  EXPECT_NE(both[0], both[1]);
}

TEST(Marginal, IsBetterThanNothing) {
  Shaky host;
  host.tell(EventKind::path_marginal, 1);
  host.tell(EventKind::path_marginal, 2);
  const Nexuses both = host.next(2);
  EXPECT_NE(both[0], both[1]) << "all are alike again";
  host.tell(EventKind::path_trusted, 2);
  host.fail_path(2);
  EXPECT_EQ(host.next(2), (Nexuses{1, 1}));
}

TEST(Marginal, SignsOfLifeDoNotEndIt) {
  Shaky host;
  host.tell(EventKind::path_marginal, 1);
  host.tell(EventKind::path_suspect, 1);
  host.tell(EventKind::path_verified, 1);
  host.activate(1);
  EXPECT_EQ(host.next(2), (Nexuses{2, 2}));
}

TEST(Marginal, FailOverOnlyLeavesIt) {
  Shaky host(PolicyId::fail_over_only);
  EXPECT_EQ(host.next(), 1U);
  host.tell(EventKind::path_marginal, 1);
  EXPECT_EQ(host.next(), 2U);
}

}  // namespace
}  // namespace dsm::testing
