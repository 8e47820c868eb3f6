// The judge judged: histories by hand, good and bad.
#include "sim/checkers/block_history.h"

#include <gtest/gtest.h>

namespace sim {
namespace {

Invariant broken(const std::optional<BlockHistory::Verdict>& verdict) {
  EXPECT_TRUE(verdict.has_value());
  return verdict.has_value() ? verdict->invariant : Invariant::determinism;
}

TEST(BlockHistory, AnUntouchedBlockIsZero) {
  BlockHistory history(4);
  EXPECT_FALSE(history.check_read(0, history.mark(), 0));
  EXPECT_EQ(broken(history.check_read(0, history.mark(), 1)), Invariant::no_corruption);
  EXPECT_EQ(broken(history.check_read(0, history.mark(), 0, false)), Invariant::no_corruption);
}

TEST(BlockHistory, AnAcknowledgedWriteMustShow) {
  BlockHistory history(4);
  const WriteId a = history.begin_write(1, 2, WriteKind::data);
  EXPECT_FALSE(history.check_read(1, history.mark(), 0));
  EXPECT_FALSE(history.check_read(2, history.mark(), a)) << "already there while in flight";
  history.end_write(a, true);
  EXPECT_FALSE(history.check_read(1, history.mark(), a));
  EXPECT_FALSE(history.check_read(3, history.mark(), 0)) << "outside of the write";
  EXPECT_EQ(broken(history.check_read(1, history.mark(), 0)), Invariant::no_resurrected_write);
}

TEST(BlockHistory, ALostWriteIsToldFromAResurrectedOne) {
  BlockHistory history(1);
  const WriteId a = history.begin_write(0, 1, WriteKind::data);
  history.end_write(a, true);
  const WriteId b = history.begin_write(0, 1, WriteKind::data);
  history.end_write(b, true);
  EXPECT_EQ(broken(history.check_read(0, history.mark(), a)), Invariant::no_lost_write);
  EXPECT_FALSE(history.check_read(0, history.mark(), b));
  EXPECT_EQ(broken(history.check_read(0, history.mark(), a)), Invariant::no_resurrected_write);
}

TEST(BlockHistory, AReadSubmittedBeforeTheAcknowledgementMayShowTheOldData) {
  BlockHistory history(1);
  const WriteId a = history.begin_write(0, 1, WriteKind::data);
  history.end_write(a, true);
  const WriteId b = history.begin_write(0, 1, WriteKind::data);
  const uint64_t mark = history.mark();
  history.end_write(b, true);
  EXPECT_FALSE(history.check_read(0, mark, a));
}

TEST(BlockHistory, WritesThatOverlapInTimeMayLandInAnyOrder) {
  BlockHistory history(1);
  const WriteId a = history.begin_write(0, 1, WriteKind::data);
  const WriteId b = history.begin_write(0, 1, WriteKind::data);
  EXPECT_TRUE(history.busy(0, 1));
  history.end_write(b, true);
  history.end_write(a, true);
  EXPECT_FALSE(history.busy(0, 1));
  EXPECT_FALSE(history.check_read(0, history.mark(), a));
  EXPECT_FALSE(history.check_read(0, history.mark(), b));
}

TEST(BlockHistory, AFailedWriteMayShowUntilANewerOneIsAcknowledged) {
  BlockHistory history(1);
  const WriteId a = history.begin_write(0, 1, WriteKind::data);
  history.end_write(a, false);
  EXPECT_FALSE(history.check_read(0, history.mark(), 0));
  EXPECT_FALSE(history.check_read(0, history.mark(), a)) << "executed late";
  const WriteId b = history.begin_write(0, 1, WriteKind::data);
  EXPECT_FALSE(history.check_read(0, history.mark(), a));
  history.end_write(b, true);
  EXPECT_EQ(broken(history.check_read(0, history.mark(), a)), Invariant::no_lost_write);
}

TEST(BlockHistory, AFailedNewerWriteDoesNotHideTheOlderUnlessItWasSeen) {
  BlockHistory history(1);
  const WriteId a = history.begin_write(0, 1, WriteKind::data);
  history.end_write(a, true);
  const WriteId b = history.begin_write(0, 1, WriteKind::data);
  history.end_write(b, false);
  EXPECT_FALSE(history.check_read(0, history.mark(), a));
  EXPECT_FALSE(history.check_read(0, history.mark(), b));
  EXPECT_EQ(broken(history.check_read(0, history.mark(), a)), Invariant::no_resurrected_write);
}

TEST(BlockHistory, ZeroesHideDataAndTrimIsOnlyAHint) {
  BlockHistory history(2);
  const WriteId a = history.begin_write(0, 2, WriteKind::data);
  history.end_write(a, true);
  const WriteId trim = history.begin_write(0, 1, WriteKind::hint);
  history.end_write(trim, true);
  EXPECT_FALSE(history.check_read(0, history.mark(), a));
  EXPECT_FALSE(history.check_read(0, history.mark(), 0));
  const WriteId zeroes = history.begin_write(1, 1, WriteKind::zeroes);
  history.end_write(zeroes, true);
  EXPECT_FALSE(history.check_read(1, history.mark(), 0));
  EXPECT_EQ(broken(history.check_read(1, history.mark(), a)), Invariant::no_resurrected_write);
}

TEST(BlockHistory, OldZeroesDoNotExcuseALostWrite) {
  BlockHistory history(1);
  const WriteId zeroes = history.begin_write(0, 1, WriteKind::zeroes);
  history.end_write(zeroes, true);
  const WriteId a = history.begin_write(0, 1, WriteKind::data);
  history.end_write(a, true);
  EXPECT_EQ(broken(history.check_read(0, history.mark(), 0)), Invariant::no_lost_write);
}

}  // namespace
}  // namespace sim
