// Acceptance: which paths a persistent reservation leaves in use. Of scenario 24 what the DSM
// decides: the host registers, and tells it.
#include "dsm/testing/scenario.h"

namespace dsm::testing {
namespace {

struct ReservedPair : SymmetricPaths {
  ReservedPair() : SymmetricPaths(PolicyId::round_robin, 2) {
    set_key(true);
    set_registered(1, true);
  }
  void set_key(bool valid) {
    on(event::of_lun(EventKind::reservation_key, now, lun().id, valid ? 1 : 0));
  }
  void set_registered(NexusId id, bool yes) {
    on(event::of_nexus(EventKind::registered, now, id, yes ? 1 : 0));
  }
};

TEST(Acceptance, S24_APathThatArrivesWhileAKeyIsValidCarriesNothingUntilItIsRegistered) {
  ReservedPair host;
  host.set_registered(2, true);
  host.path(3, kSymmetric);
  EXPECT_EQ(host.states(), "AO AO NOREG");
  EXPECT_EQ(host.next(4), (Nexuses{1, 2, 1, 2}));
  host.set_registered(3, true);
  EXPECT_EQ(host.states(), "AO AO AO");
  EXPECT_EQ(host.next(3), (Nexuses{3, 1, 2}));
}

TEST(Acceptance, S24_OnlyRegisteredPathsTakeOver) {
  ReservedPair host;
  EXPECT_EQ(host.states(), "AO NOREG");
  host.fail_path(1);
  EXPECT_EQ(host.states(), "FAILED NOREG");
  EXPECT_EQ(host.next(), 0U) << "an unregistered path would only meet reservation conflicts";
  host.set_registered(2, true);
  EXPECT_EQ(host.next(2), (Nexuses{2, 2}));
}

TEST(Acceptance, S24_APathThatLosesItsRegistrationLeavesTheRotation) {
  ReservedPair host;
  host.set_registered(2, true);
  host.set_registered(1, false);
  EXPECT_EQ(host.states(), "NOREG AO");
  EXPECT_EQ(host.next(2), (Nexuses{2, 2}));
}

TEST(Acceptance, S24_TheAccessStatesAreKnownWhenTheRegistrationComes) {
  TestHost host;
  host.groups = {{1, scsi::AccessState::active_optimized}};
  ASSERT_TRUE(host.add(1, explicit_in(1)).ok());
  host.on(event::of_lun(EventKind::reservation_key, host.now, host.lun().id, 1));
  host.activate(1);
  EXPECT_EQ(host.states(), "NOREG");
  EXPECT_EQ(host.count_sent(kRtpg), 1U) << "which needs no registration";
  host.answer_all();
  host.on(event::of_nexus(EventKind::registered, host.now, 1, 1));
  EXPECT_EQ(host.states(), "AO");
}

TEST(Acceptance, S24_WithoutAKeyNobodyAsksForARegistration) {
  ReservedPair host;
  ASSERT_EQ(host.states(), "AO NOREG");
  host.set_key(false);
  EXPECT_EQ(host.states(), "AO AO");
  EXPECT_EQ(host.next(2), (Nexuses{1, 2}));
}

}  // namespace
}  // namespace dsm::testing
