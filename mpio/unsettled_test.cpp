// Which writes must wait for a write of unknown fate, and until when.
#include "mpio/unsettled.h"

#include <gtest/gtest.h>

namespace mpio {
namespace {

constexpr uint64_t kNewer = 2;  // numbers of requests
constexpr uint64_t kLost = 1;
constexpr uint64_t kNeverSent = 0;

TEST(UnsettledWrites, ANewerOverlappingWriteWaits) {
  UnsettledWrites records;
  records.add(0, kLost, 100, 10, 0);
  EXPECT_TRUE(records.must_wait(kNewer, kNeverSent, 109, 1));
  EXPECT_TRUE(records.must_wait(kNewer, kNeverSent, 90, 11));
  EXPECT_FALSE(records.must_wait(kNewer, kNeverSent, 110, 5));
  EXPECT_FALSE(records.must_wait(kNewer, kNeverSent, 90, 10));
}

TEST(UnsettledWrites, ItsOwnRetryNeverWaits) {
  UnsettledWrites records;
  records.add(0, kLost, 100, 10, 0);
  records.add(1, kLost, 100, 10, 0);  // the retry was lost too
  EXPECT_FALSE(records.must_wait(kLost, kNeverSent, 100, 10));
}

TEST(UnsettledWrites, WhatWasInFlightAtTheSameTimeMayGoOn) {
  UnsettledWrites records;
  const uint64_t sent_before = records.tick();
  records.add(0, kLost, 100, 10, 0);
  const uint64_t sent_after = records.tick();
  EXPECT_FALSE(records.must_wait(kNewer, sent_before, 100, 10));
  EXPECT_TRUE(records.must_wait(kNewer, sent_after, 100, 10));
}

TEST(UnsettledWrites, OnlyALoginToTheSamePortSettles) {
  UnsettledWrites records;
  records.add(0, kLost, 100, 10, 0);
  records.settle_path(1);
  EXPECT_TRUE(records.must_wait(kNewer, kNeverSent, 100, 1));
  records.settle_path(0);
  EXPECT_FALSE(records.must_wait(kNewer, kNeverSent, 100, 1));
  EXPECT_TRUE(records.empty());
}

TEST(UnsettledWrites, TimeSettlesEachRecordByItsOwnAge) {
  UnsettledWrites records;
  EXPECT_EQ(records.next_expiry_ns(60), UINT64_MAX);
  records.add(0, kLost, 100, 10, 1000);
  records.add(0, kLost, 200, 10, 1030);
  EXPECT_EQ(records.next_expiry_ns(60), 1060U);
  EXPECT_EQ(records.expire(1059, 60), 0U);
  EXPECT_EQ(records.expire(1060, 60), 1U);
  EXPECT_FALSE(records.must_wait(kNewer, kNeverSent, 100, 1));
  EXPECT_TRUE(records.must_wait(kNewer, kNeverSent, 200, 1));
}

}  // namespace
}  // namespace mpio
