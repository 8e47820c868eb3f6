// Acceptance: paths fail, take over and come back. Scenarios 1 to 5, 25.
#include "dsm/testing/scenario.h"

namespace dsm::testing {
namespace {

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

}  // namespace
}  // namespace dsm::testing
