// What access-state work leaves behind when it rests: the states that it has read, and nothing
// else.
#include <gtest/gtest.h>

#include "dsm/testing/access_pair.h"
#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace dsm::testing {
namespace {

using scsi::AccessState;

// Work that no error asked for and that no path is better for than another: P1 carries it, which
// carries the I/O.
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

TEST(AccessRest, PausesBeginShortAgain) {
  Pair host;
  for (int round = 0; round < 2; ++round) {
    host.access_state_changed();
    for (const uint64_t pause_ms : {10, 20, 40}) {
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
