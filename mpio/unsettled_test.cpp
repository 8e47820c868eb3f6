// Which writes must wait for a write of unknown fate, and until when.
#include "mpio/unsettled.h"

#include <gtest/gtest.h>

#include <thread>

namespace mpio {
namespace {

constexpr uint64_t kNewer = 2;  // numbers of requests
constexpr uint64_t kLost = 1;
constexpr uint64_t kNeverSent = 0;
constexpr SessionId kSession{.path = 0, .lane = 0};

UnsettledWrite lost(uint64_t lba, uint64_t blocks, uint64_t since_ns = 0) {
  return {.session = kSession,
          .login = 1,
          .request = kLost,
          .lba = lba,
          .blocks = blocks,
          .since_ns = since_ns};
}

TEST(UnsettledWrites, ANewerOverlappingWriteWaits) {
  UnsettledWrites records;
  records.add(lost(100, 10));
  EXPECT_TRUE(records.must_wait(kNewer, kNeverSent, 109, 1));
  EXPECT_TRUE(records.must_wait(kNewer, kNeverSent, 90, 11));
  EXPECT_FALSE(records.must_wait(kNewer, kNeverSent, 110, 5));
  EXPECT_FALSE(records.must_wait(kNewer, kNeverSent, 90, 10));
}

TEST(UnsettledWrites, ItsOwnRetryNeverWaits) {
  UnsettledWrites records;
  records.add(lost(100, 10));
  UnsettledWrite retry = lost(100, 10);
  retry.session.path = 1;
  records.add(retry);  // the retry was lost too
  EXPECT_FALSE(records.must_wait(kLost, kNeverSent, 100, 10));
}

TEST(UnsettledWrites, WhatWasInFlightAtTheSameTimeMayGoOn) {
  UnsettledWrites records;
  const uint64_t sent_before = records.epoch();
  records.add(lost(100, 10));
  const uint64_t sent_after = records.epoch();
  EXPECT_FALSE(records.must_wait(kNewer, sent_before, 100, 10));
  EXPECT_TRUE(records.must_wait(kNewer, sent_after, 100, 10));
}

TEST(UnsettledWrites, OnlyALoginOfTheSameSessionSettles) {
  UnsettledWrites records;
  records.add(lost(100, 10));
  records.settle({.path = 1, .lane = 0}, 2);
  records.settle({.path = 0, .lane = 1}, 2);  // the same port, but another initiator port
  EXPECT_TRUE(records.must_wait(kNewer, kNeverSent, 100, 1));
  records.settle(kSession, 2);
  EXPECT_FALSE(records.must_wait(kNewer, kNeverSent, 100, 1));
  EXPECT_TRUE(records.empty());
}

TEST(UnsettledWrites, TheLoginThatCarriedTheWriteDoesNotSettleIt) {
  UnsettledWrites records;
  records.add(lost(100, 10));
  records.settle(kSession, 1);
  EXPECT_TRUE(records.must_wait(kNewer, kNeverSent, 100, 1));
}

TEST(UnsettledWrites, AnotherMembersLoginSettlesNothing) {
  UnsettledWrites records;
  records.add(lost(100, 10));
  records.settle({.path = 0, .lane = 0, .member = 1}, 9);
  EXPECT_TRUE(records.must_wait(kNewer, kNeverSent, 100, 1));
  EXPECT_TRUE(records.any_of_member(0));
  EXPECT_FALSE(records.any_of_member(1));
}

TEST(UnsettledWrites, WhoFollowsAMemberSettlesWithTheFirstLoginAndWaitsUntilThen) {
  UnsettledWrites records;
  UnsettledWrite late = lost(100, 10);
  late.login = 7;
  records.add(late);
  UnsettledWrite of_another = lost(200, 10);
  of_another.session.member = 1;
  records.add(of_another);
  records.leave(0);
  EXPECT_TRUE(records.must_wait(kLost, kNeverSent, 100, 1)) << "its requests are counted anew";
  records.settle(kSession, 1);
  EXPECT_FALSE(records.any_of_member(0));
  EXPECT_FALSE(records.must_wait(kLost, kNeverSent, 200, 1)) << "that one is still its own";
  EXPECT_TRUE(records.must_wait(kNewer, kNeverSent, 200, 1));
}

TEST(UnsettledWrites, TimeSettlesEachRecordByItsOwnAge) {
  UnsettledWrites records;
  EXPECT_EQ(records.next_expiry_ns(60), UINT64_MAX);
  records.add(lost(100, 10, 1000));
  records.add(lost(200, 10, 1030));
  EXPECT_EQ(records.next_expiry_ns(60), 1060U);
  EXPECT_EQ(records.expire(1059, 60), 0U);
  EXPECT_EQ(records.expire(1060, 60), 1U);
  EXPECT_FALSE(records.must_wait(kNewer, kNeverSent, 100, 1));
  EXPECT_TRUE(records.must_wait(kNewer, kNeverSent, 200, 1));
}

UnsettledWrite held(uint64_t lba, uint64_t blocks, uint64_t since_ns = 0) {
  UnsettledWrite record = lost(lba, blocks, since_ns);
  record.settled_by = SettledBy::end;
  return record;
}

TEST(UnsettledWrites, NeitherALoginNorTimeSettlesWhatThisMachineStillHolds) {
  UnsettledWrites records;
  records.add(held(100, 10));
  records.settle(kSession, 2);
  EXPECT_EQ(records.next_expiry_ns(60), UINT64_MAX);
  EXPECT_EQ(records.expire(1'000'000, 60), 0U);
  EXPECT_TRUE(records.must_wait(kNewer, kNeverSent, 100, 1));
  EXPECT_TRUE(records.waits_for_held(kNewer, kNeverSent, 100, 1));
  EXPECT_FALSE(records.waits_for_held(kNewer, kNeverSent, 110, 1));
}

TEST(UnsettledWrites, TheAnsweredEndOfHeldWritesSettlesThemOnly) {
  UnsettledWrites records;
  records.add(held(100, 10));
  records.add(lost(200, 10));
  UnsettledWrite elsewhere = held(300, 10);
  elsewhere.session.lane = 1;
  records.add(elsewhere);
  records.end_held(kSession, true, SettledBy::login, 5);
  EXPECT_FALSE(records.must_wait(kNewer, kNeverSent, 100, 1));
  EXPECT_TRUE(records.must_wait(kNewer, kNeverSent, 200, 1));
  EXPECT_FALSE(records.waits_for_held(kNewer, kNeverSent, 200, 1));
  EXPECT_TRUE(records.waits_for_held(kNewer, kNeverSent, 300, 1));
}

TEST(UnsettledWrites, HeldWritesThatEndWithoutAnAnswerGoOnWaiting) {
  UnsettledWrites records;
  records.add(held(100, 10, 1000));
  records.end_held(kSession, false, SettledBy::login, 5000);
  EXPECT_EQ(records.next_expiry_ns(60), 5060U) << "their time counts from now";
  records.settle(kSession, 2);
  EXPECT_TRUE(records.empty());
  records.add(held(100, 10, 1000));
  records.end_held(kSession, false, SettledBy::time, 5000);
  records.settle(kSession, 2);
  EXPECT_TRUE(records.must_wait(kNewer, kNeverSent, 100, 1)) << "no login proves anything";
  EXPECT_EQ(records.expire(5060, 60), 1U);
}

// What the client of one lane knows to be over, every other lane knows too.
TEST(UnsettledWrites, ARecordIsSeenByAThreadThatLearnsOfIt) {
  for (int round = 0; round < 1000; ++round) {
    UnsettledWrites records;
    std::atomic<bool> told{false};
    std::thread other([&] {
      while (!told.load(std::memory_order_acquire)) {
      }
      EXPECT_TRUE(records.must_wait(kNewer, kNeverSent, 100, 1));
    });
    records.add(lost(100, 10));
    told.store(true, std::memory_order_release);
    other.join();
  }
}

}  // namespace
}  // namespace mpio
