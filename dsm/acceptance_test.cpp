// The acceptance scenarios of the multipath behaviour, by number. Paths P1, P2 ... are nexuses 1, 2
// ... in the order of their arrival.
#include <gtest/gtest.h>

#include "dsm/testing/test_host.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace dsm::testing {
namespace {

using scsi::AccessState;
using Nexuses = std::vector<NexusId>;

constexpr PathSpec kSymmetric{};
constexpr PathSpec explicit_in(uint16_t group) {
  return {.group = group, .support = AluaSupport::explicit_only};
}
constexpr PathSpec implicit_in(uint16_t group) {
  return {.group = group, .support = AluaSupport::implicit_only};
}

constexpr uint8_t kRtpg = 0xa3;
constexpr uint8_t kStpg = 0xa4;

// TPGS = 2, P1 in group 1 (active/optimized), P2 in group 2 (active/non-optimized).
struct ExplicitPair : TestHost {
  explicit ExplicitPair(PolicyId policy = PolicyId::round_robin) : TestHost(policy) {
    groups = {{1, AccessState::active_optimized}, {2, AccessState::active_nonoptimized}};
    path(1, explicit_in(1));
    path(2, explicit_in(2));
  }
};

TEST(Acceptance, S01_TwoPathsWithoutAluaAlternate) {
  TestHost host;
  host.path(1, kSymmetric);
  host.path(2, kSymmetric);
  EXPECT_EQ(host.states(), "AO AO");
  EXPECT_EQ(host.next(4), (Nexuses{1, 2, 1, 2}));
}

TEST(Acceptance, S01_APathThatIsOnlyAnnouncedCarriesNothing) {
  TestHost host;
  host.path(1, kSymmetric);
  ASSERT_TRUE(host.add(2, kSymmetric).ok());
  EXPECT_EQ(host.states(), "AO NEW");
  EXPECT_EQ(host.next(3), (Nexuses{1, 1, 1}));
}

TEST(Acceptance, S02_SelectionTimeoutFailsThePathUntilItIsVerifiedAndActive) {
  TestHost host;
  host.path(1, kSymmetric);
  host.path(2, kSymmetric);

  const Verdict verdict = host.transport_error(1, transport_from_srb_status(0x0a));
  EXPECT_TRUE(verdict.failover);
  EXPECT_FALSE(verdict.retry);
  EXPECT_EQ(host.states(), "FAILED AO");
  EXPECT_EQ(host.next(3), (Nexuses{2, 2, 2}));

  host.on(event::start(host.now, {.id = 7, .kind = OperationKind::invalidate_path, .path = 1}));
  ASSERT_EQ(host.results.back().id, 7U);
  EXPECT_EQ(host.results.back().successor, 2U);

  host.on(event::start(host.now, {.id = 8, .kind = OperationKind::verify_path, .nexus = 1}));
  host.answer_all();
  EXPECT_TRUE(host.results.back().status.ok());
  EXPECT_EQ(host.states(), "FAILED AO") << "verification alone must not bring it back";
  host.activate(1);
  EXPECT_EQ(host.states(), "AO AO");
}

TEST(Acceptance, S03_FlagBitsOfTheSrbStatusAreMaskedOff) {
  for (const int flags : {0x00, 0x40, 0x80, 0xc0}) {
    for (const int status : {0x0a, 0x20, 0x21, 0x08, 0x11, 0x07}) {
      TestHost host;
      host.path(1, kSymmetric);
      host.path(2, kSymmetric);
      const auto srb_status = static_cast<uint8_t>(status | flags);
      EXPECT_TRUE(host.transport_error(1, transport_from_srb_status(srb_status)).failover);
      EXPECT_EQ(host.states(), "FAILED AO") << int{srb_status};
    }
  }
}

TEST(Acceptance, S04_FailOverOnlyGoesBackToThePreferredPath) {
  TestHost host(PolicyId::fail_over_only);
  host.path(1, kSymmetric);
  host.path(2, kSymmetric);
  host.path(3, kSymmetric);
  host.on(event::set_preferred(host.now, host.lun().id, 2));
  EXPECT_EQ(host.states(), "SB AO SB");
  host.fail_path(2);
  EXPECT_EQ(host.states(), "AO FAILED SB");
  host.activate(2);
  EXPECT_EQ(host.states(), "SB AO SB");
}

TEST(Acceptance, S05_FailOverOnlyGoesBackToThePathThatDesiresIt) {
  TestHost host(PolicyId::fail_over_only);
  host.path(1, kSymmetric);
  host.path(2, kSymmetric);
  host.on(event::set_desired(host.now, 1, Desire::active_optimized));
  EXPECT_EQ(host.states(), "AO SB");
  host.fail_path(1);
  EXPECT_EQ(host.states(), "FAILED AO");
  host.activate(1);
  EXPECT_EQ(host.states(), "AO SB");
}

TEST(Acceptance, S05_WithoutADesireItStaysWhereItIs) {
  TestHost host(PolicyId::fail_over_only);
  host.path(1, kSymmetric);
  host.path(2, kSymmetric);
  host.fail_path(1);
  host.activate(1);
  EXPECT_EQ(host.states(), "SB AO");
}

TEST(Acceptance, S06_SubsetRoundRobinUsesOneStandByWhenAllPrimariesAreGone) {
  TestHost host(PolicyId::round_robin_subset);
  for (NexusId id = 1; id <= 4; ++id) {
    host.path(id, kSymmetric);
    host.on(event::set_desired(host.now, id, id <= 2 ? Desire::active_optimized : Desire::standby));
  }
  EXPECT_EQ(host.next(4), (Nexuses{1, 2, 1, 2}));
  host.fail_path(1);
  host.fail_path(2);
  EXPECT_EQ(host.states(), "FAILED FAILED AO SB");
  host.activate(1);
  EXPECT_EQ(host.states(), "AO FAILED SB SB");
}

TEST(Acceptance, S07_RoundRobinGoesOnWithTheNextPathInOrder) {
  TestHost host;
  for (NexusId id = 1; id <= 4; ++id) {
    host.path(id, kSymmetric);
  }
  EXPECT_EQ(host.next(1), (Nexuses{1}));  // P2 is next
  host.fail_path(2);
  EXPECT_EQ(host.next(3), (Nexuses{3, 4, 1}));
}

TEST(Acceptance, S08_LeastQueueDepthTakesTheShortestQueueAndRotatesTies) {
  TestHost host(PolicyId::least_queue_depth);
  for (NexusId id = 1; id <= 3; ++id) {
    host.path(id, kSymmetric);
  }
  // Depths 3, 1, 1, made by hand.
  Lane& lane = host.lun().published.lanes[0];
  lane.add(0, 3);
  lane.add(1, 1);
  lane.add(2, 1);
  EXPECT_EQ(host.next(4), (Nexuses{2, 3, 2, 3}));
  lane.add(0, 0U - 3);
  lane.add(1, 0U - 1);
  lane.add(2, 0U - 1);
  const Nexuses idle = host.next(6);
  EXPECT_EQ(std::count(idle.begin(), idle.end(), 1U), 2);
  EXPECT_EQ(std::count(idle.begin(), idle.end(), 2U), 2);
}

TEST(Acceptance, S11_ImplicitLunTurnsAsymmetricAndBack) {
  TestHost host;
  host.groups = {{1, AccessState::active_optimized}, {2, AccessState::active_optimized}};
  host.path(1, implicit_in(1));
  host.path(2, implicit_in(2));
  EXPECT_TRUE(host.lun().symmetric);
  EXPECT_EQ(host.next(4), (Nexuses{1, 2, 1, 2}));
  EXPECT_EQ(host.lun().plan.policy->id, PolicyId::round_robin);

  host.groups[2] = AccessState::active_nonoptimized;
  EXPECT_TRUE(host.sense(1, 6, 0x2a, 0x06).retry);
  host.answer_all();
  EXPECT_FALSE(host.lun().symmetric);
  EXPECT_EQ(host.lun().plan.policy->id, PolicyId::round_robin_subset);
  EXPECT_EQ(host.states(), "AO AU");
  EXPECT_EQ(host.next(3), (Nexuses{1, 1, 1}));

  host.groups[2] = AccessState::active_optimized;
  host.sense(1, 6, 0x2a, 0x06);
  host.answer_all();
  EXPECT_TRUE(host.lun().symmetric);
  EXPECT_EQ(host.lun().plan.policy->id, PolicyId::round_robin);
  EXPECT_EQ(host.states(), "AO AO");
}

TEST(Acceptance, S12_ExplicitFailoverSendsOneStpgThenOneRtpg) {
  ExplicitPair host;
  EXPECT_EQ(host.states(), "AO AU");
  ASSERT_EQ(host.count_sent(kStpg), 0U);
  const unsigned rtpgs = host.count_sent(kRtpg);

  EXPECT_TRUE(host.transport_error(1, TransportOutcome::no_device).failover);
  EXPECT_EQ(host.next(), 2U) << "requests go down the temporary path meanwhile";
  EXPECT_TRUE(host.transport_error(1, TransportOutcome::no_device).failover);
  host.fail_path(1);
  EXPECT_EQ(host.count_sent(kStpg), 1U);
  const SentCommand stpg = host.sent.front();
  EXPECT_EQ(stpg.nexus, 2U);
  EXPECT_EQ(stpg.send.data_out[4], 0x00);
  EXPECT_EQ(base::load_be16(&stpg.send.data_out[6]), 2);

  host.answer_all();
  EXPECT_EQ(host.count_sent(kStpg), 1U);
  EXPECT_EQ(host.count_sent(kRtpg), rtpgs + 1);
  EXPECT_EQ(host.states(), "FAILED AO");
}

TEST(Acceptance, S13_TheBestStandInIsChosen) {
  const auto chosen = [](std::vector<AccessState> states) {
    TestHost host;
    NexusId id = 0;
    for (const AccessState state : states) {
      ++id;
      host.groups[static_cast<uint16_t>(id)] = state;
    }
    host.refuse_stpg = true;
    for (NexusId nexus = 1; nexus <= id; ++nexus) {
      host.path(nexus, explicit_in(static_cast<uint16_t>(nexus)));
    }
    return host.next();
  };
  EXPECT_EQ(
      chosen({AccessState::unavailable, AccessState::active_nonoptimized, AccessState::standby}),
      2U);
  EXPECT_EQ(chosen({AccessState::unavailable, AccessState::standby}), 2U);
  EXPECT_EQ(chosen({AccessState::unavailable}), 1U);
  EXPECT_EQ(chosen({AccessState::offline, AccessState::unavailable}), 2U);
  EXPECT_EQ(chosen({AccessState::offline}), 0U) << "an offline path never carries I/O";
}

TEST(Acceptance, S13_OnlyUnavailablePathsAreAskedToActivate) {
  TestHost host;
  host.groups = {{1, AccessState::unavailable}};
  ASSERT_TRUE(host.add(1, explicit_in(1)).ok());
  host.activate(1);
  host.answer_all();
  EXPECT_EQ(host.count_sent(kStpg), 1U);
  EXPECT_EQ(host.states(), "AO");
}

TEST(Acceptance, S14_AMaskedOptimizedPathTakesOverWithoutAnyCommand) {
  TestHost host(PolicyId::fail_over_only);
  host.groups = {{1, AccessState::active_optimized}, {2, AccessState::active_nonoptimized}};
  host.path(1, explicit_in(1));
  host.path(2, explicit_in(1));
  host.path(3, explicit_in(2));
  EXPECT_EQ(host.states(), "AO AU AU");
  const size_t before = host.count(ActionKind::send);
  host.fail_path(1);
  EXPECT_EQ(host.states(), "FAILED AO AU");
  EXPECT_EQ(host.count(ActionKind::send), before);
}

TEST(Acceptance, S15_AccessStateChangeHoldsTheLunForOneRtpg) {
  ExplicitPair host;
  const unsigned rtpgs = host.count_sent(kRtpg);
  for (int i = 0; i < 10; ++i) {
    const Verdict verdict = host.sense(1, 6, 0x2a, 0x06);
    EXPECT_TRUE(verdict.retry);
    EXPECT_TRUE(verdict.free);
    EXPECT_FALSE(verdict.failover);
  }
  EXPECT_TRUE(host.throttled());
  EXPECT_EQ(host.count_sent(kRtpg), rtpgs + 1);
  EXPECT_EQ(host.sent.front().nexus, 1U) << "read where the news came from";
  host.groups = {{1, AccessState::active_nonoptimized}, {2, AccessState::active_optimized}};
  host.answer_all();
  EXPECT_FALSE(host.throttled());
  EXPECT_EQ(host.count(ActionKind::throttle), host.count(ActionKind::resume));
  EXPECT_EQ(host.states(), "AU AO");
}

TEST(Acceptance, S15_ResumedOnceThoughTheRtpgCannotBeSentOrAnswered) {
  ExplicitPair host;
  host.sense(1, 6, 0x2a, 0x06);
  ASSERT_TRUE(host.throttled());
  host.lose(host.take());  // P1, then P2
  ASSERT_TRUE(host.throttled());
  host.lose(host.take());
  EXPECT_FALSE(host.throttled());
  EXPECT_EQ(host.count(ActionKind::throttle), 1U);
  EXPECT_EQ(host.count(ActionKind::resume), 1U);
  EXPECT_EQ(host.states(), "AO AU") << "what was known stays";

  host.fail_path(1);
  host.fail_path(2);
  while (!host.sent.empty()) {
    host.lose(host.take());
  }
  host.sense(1, 6, 0x2a, 0x06);
  EXPECT_FALSE(host.throttled());
  EXPECT_EQ(host.count(ActionKind::throttle), host.count(ActionKind::resume));
}

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

TEST(Acceptance, S25_APathIsInvalidatedAfterItsDevicesWereRemoved) {
  TestHost host;
  // Paths 1 and 2, LUNs 1 to 3 on each.
  for (const NexusId path : {1U, 2U}) {
    for (uint8_t lun = 1; lun <= 3; ++lun) {
      host.path(path * 100 + lun, {.lun_number = lun});
    }
  }
  for (uint8_t lun = 1; lun <= 3; ++lun) {
    host.on(event::of_nexus(EventKind::nexus_removed, host.now, 100U + lun));
    EXPECT_EQ(host.states(lun), "AO");
  }
  host.on(event::start(host.now, {.id = 5, .kind = OperationKind::invalidate_path, .path = 1}));
  ASSERT_EQ(host.results.back().id, 5U);
  EXPECT_TRUE(host.results.back().status.ok());
  EXPECT_EQ(host.results.back().successor, 2U);
}

TEST(Acceptance, S26_APathOutlivesItsRemovalUntilTheLastCommandEnds) {
  TestHost host;
  host.path(1, kSymmetric);
  host.path(2, kSymmetric);
  std::vector<Token> tokens;
  while (tokens.size() < 3) {
    Token token = host.begin();
    if (host.nexus_of(token) == 1) {
      tokens.push_back(token);
    } else {
      host.complete(token);
    }
  }
  host.on(event::of_nexus(EventKind::nexus_removed, host.now, 1));
  host.on(event::of_path(EventKind::path_removed, host.now, 1));
  EXPECT_EQ(host.paths_held(), 2U);
  host.complete(tokens[0]);
  host.complete(tokens[1]);
  EXPECT_EQ(host.paths_held(), 2U);
  host.complete(tokens[2]);
  EXPECT_EQ(host.paths_held(), 1U);

  host.on(event::of_nexus(EventKind::nexus_removed, host.now, 2));
  host.on(event::of_path(EventKind::path_removed, host.now, 2));
  EXPECT_EQ(host.storage_held(), 0U);
}

TEST(Acceptance, S34_The33rdPathIsRefusedCleanly) {
  TestHost host;
  for (NexusId id = 1; id <= 32; ++id) {
    host.path(id, kSymmetric);
  }
  const size_t held = host.storage_held();
  const base::Status status = host.add(33, kSymmetric);
  EXPECT_EQ(status.code(), base::Code::exhausted);
  EXPECT_EQ(host.storage_held(), held) << "nothing of it may be left behind";
  EXPECT_EQ(host.next(33).back(), 1U) << "all 32 in turn, then the first again";
}

}  // namespace
}  // namespace dsm::testing
