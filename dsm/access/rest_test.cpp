// What access-state work leaves behind when it rests: the states that it has read, and nothing
// else.
#include <gtest/gtest.h>

#include "dsm/testing/access_pair.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace dsm::testing {
namespace {

using scsi::AccessState;

// Work that no error asked for: any path may carry it, best one that carries the I/O, as P1 does at
// first.
SentCommand states_read_again(Pair& host) {
  host.on(event::start(host.now,
                       {.id = 70, .kind = OperationKind::refresh_access, .lun = host.lun().id}));
  return host.take();
}

TEST(AccessRest, AGroupIsAvoidedByThisWorkOnly) {
  Pair host;
  host.sense(1, scsi::kNotReady, 0x04, 0x0a);
  ASSERT_EQ(host.sent.front().nexus, 2U) << "asked in another group";
  host.answer_all();
  EXPECT_EQ(states_read_again(host).nexus, 1U);
}

TEST(AccessRest, APathIsPreferredByThisWorkOnly) {
  Pair host;
  host.access_state_changed(2);
  ASSERT_EQ(host.sent.front().nexus, 2U);
  host.answer_all();
  EXPECT_EQ(states_read_again(host).nexus, 1U);
}

TEST(AccessRest, APathThatFailedIsAskedAgainByTheNextWork) {
  Pair host;
  host.access_state_changed(1);
  host.lose(host.take());
  ASSERT_EQ(host.sent.front().nexus, 2U);
  host.answer_all();
  EXPECT_EQ(states_read_again(host).nexus, 1U);
}

TEST(AccessRest, StatesThatAreKnownAreNotReadForEachActivation) {
  Pair host;
  host.fail_path(2);
  host.activate(2);
  EXPECT_EQ(host.states(), "AO AU");
  EXPECT_TRUE(host.sent.empty());
}

TEST(AccessRest, IoIsHeldByThisWorkOnly) {
  Pair host;
  host.access_state_changed();
  ASSERT_TRUE(host.throttled());
  host.lose(host.take());
  host.lose(host.take());
  expect_at_rest(host);
  host.sent.push_back(states_read_again(host));
  EXPECT_FALSE(host.throttled());
  host.answer_all();
}

// Only a verification may ask a path that is down.
TEST(AccessRest, AVerifiedPathThatIsStillDownIsAskedNoMore) {
  Pair host;
  host.fail_path(2);
  host.on(event::start(host.now, {.id = 71, .kind = OperationKind::verify_path, .nexus = 2}));
  host.answer_all();
  ASSERT_EQ(host.states(), "AO FAILED");
  host.access_state_changed(1);
  host.lose(host.take());
  expect_at_rest(host);
}

TEST(AccessRest, APathThatIsLeavingIsAskedNoMore) {
  Pair host;
  Token held = host.begin();
  ASSERT_EQ(host.nexus_of(held), 1U);
  host.on(event::of_nexus(EventKind::nexus_removing, host.now, 1));
  host.answer_all();
  ASSERT_EQ(host.states(), "GONE AO");
  host.access_state_changed(2);
  host.lose(host.take());
  expect_at_rest(host);
  host.complete(held);
}

TEST(AccessRest, TheNextWorkGoesDownAPathThatCarriesIo) {
  Pair host;
  host.fail_path(1);
  host.answer_all();
  host.activate(1);
  ASSERT_EQ(host.states(), "AU AO");
  EXPECT_EQ(states_read_again(host).nexus, 2U);
}

TEST(AccessRest, PausesBeginShortAgain) {
  Pair host;
  for (int round = 0; round < 2; ++round) {
    host.access_state_changed();
    for (const uint64_t pause_ms : {10U, 20U, 40U}) {
      host.answer(host.take(), scsi::kBusy);
      host.advance_ms(pause_ms - 1);
      EXPECT_TRUE(host.sent.empty()) << pause_ms;
      host.advance_ms(1);
    }
    host.answer_all();
    expect_at_rest(host);
  }
}

}  // namespace
}  // namespace dsm::testing
