// The rule by hand.
#include "sim/checkers/late_write_rule.h"

#include <gtest/gtest.h>

namespace sim {
namespace {

constexpr WireWrite kOld{.lba = 8, .blocks = 4, .content = 1};
constexpr WireWrite kNew{.lba = 11, .blocks = 4, .content = 2};
constexpr WireWrite kBeside{.lba = 12, .blocks = 4, .content = 3};

TEST(LateWriteRule, ANewerOverlappingWriteMustWaitForTheRelogin) {
  LateWriteRule rule(UINT64_MAX);
  EXPECT_FALSE(rule.on_sent(0, kOld, 0));
  rule.on_given_up(0, kOld, 5);
  EXPECT_FALSE(rule.on_sent(1, kOld, 6)) << "the identical retry";
  EXPECT_FALSE(rule.on_sent(1, kBeside, 6)) << "no overlap";
  EXPECT_TRUE(rule.on_sent(1, kNew, 7));
  rule.on_reinstated(1);
  EXPECT_EQ(rule.unsettled(), 1U) << "another path's login settles nothing";
  rule.on_reinstated(0);
  EXPECT_FALSE(rule.on_sent(1, kNew, 9));
}

TEST(LateWriteRule, AnAnsweredRetryDoesNotSettleTheFirstAttempt) {
  LateWriteRule rule(UINT64_MAX);
  EXPECT_FALSE(rule.on_sent(0, kOld, 0));
  rule.on_given_up(0, kOld, 5);
  EXPECT_FALSE(rule.on_sent(1, kOld, 6));
  rule.on_answered(kOld);
  EXPECT_TRUE(rule.on_sent(1, kNew, 7));
}

TEST(LateWriteRule, WhatWasInFlightTogetherMayBeRetriedTogether) {
  LateWriteRule rule(UINT64_MAX);
  EXPECT_FALSE(rule.on_sent(0, kOld, 0));
  EXPECT_FALSE(rule.on_sent(0, kNew, 1));
  rule.on_given_up(0, kOld, 5);
  rule.on_given_up(0, kNew, 5);
  EXPECT_FALSE(rule.on_sent(1, kOld, 6));
  EXPECT_FALSE(rule.on_sent(1, kNew, 6));
}

TEST(LateWriteRule, OfTwoEqualCommandsEachMayBeRetried) {
  LateWriteRule rule(UINT64_MAX);
  EXPECT_FALSE(rule.on_sent(0, kOld, 0));
  EXPECT_FALSE(rule.on_sent(1, kOld, 0));
  EXPECT_FALSE(rule.on_sent(0, kNew, 0));
  rule.on_given_up(0, kNew, 1);
  rule.on_given_up(0, kOld, 1);
  rule.on_given_up(1, kOld, 1);
  EXPECT_FALSE(rule.on_sent(2, kOld, 2));
  rule.on_answered(kOld);
  EXPECT_FALSE(rule.on_sent(2, kOld, 3)) << "the second one's retry is not new";
}

TEST(LateWriteRule, ContentSentAgainLaterIsNew) {
  LateWriteRule rule(UINT64_MAX);
  EXPECT_FALSE(rule.on_sent(0, kNew, 0));
  rule.on_answered(kNew);
  EXPECT_FALSE(rule.on_sent(0, kOld, 1));
  rule.on_given_up(0, kOld, 2);
  EXPECT_TRUE(rule.on_sent(1, kNew, 3));
}

TEST(LateWriteRule, TheConfiguredLossTimeSettles) {
  LateWriteRule rule(100);
  EXPECT_FALSE(rule.on_sent(0, kOld, 0));
  rule.on_given_up(0, kOld, 5);
  EXPECT_TRUE(rule.on_sent(1, kNew, 104));
  EXPECT_FALSE(rule.on_sent(1, kNew, 105));
}

}  // namespace
}  // namespace sim
