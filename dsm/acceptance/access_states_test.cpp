// Acceptance: asymmetric access. Scenarios 12 to 15.
#include "dsm/testing/scenario.h"

namespace dsm::testing {
namespace {

using scsi::AccessState;

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

}  // namespace
}  // namespace dsm::testing
