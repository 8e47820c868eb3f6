// What blocks may show that only a reservation guards.
#include "sim/checkers/guarded_blocks.h"

#include <gtest/gtest.h>

namespace sim {
namespace {

constexpr uint64_t kBlock = 7;

bool is(const std::optional<BlockHistory::Verdict>& verdict, Invariant invariant) {
  return verdict.has_value() && verdict->invariant == invariant;
}

TEST(GuardedBlocks, AWriteOfAHostThatWasOutDoesNotCoverANewerOne) {
  GuardedBlocks blocks;
  const WriteId old = blocks.begin_write(0, kBlock);
  blocks.thrown_out(0);
  const WriteId newer = blocks.begin_write(1, kBlock);
  EXPECT_FALSE(blocks.check(kBlock, old, true)) << "the newer one is not acknowledged";
  blocks.end_write(newer, true);
  EXPECT_TRUE(is(blocks.check(kBlock, old, true), Invariant::fence_holds));
  EXPECT_FALSE(blocks.check(kBlock, newer, true));
  blocks.let_in(0);
  EXPECT_FALSE(blocks.check(kBlock, old, true)) << "it may have been written since";
}

TEST(GuardedBlocks, WhoeverWasThrownOutLaterMayHaveBeenBefore) {
  GuardedBlocks blocks;
  const WriteId first = blocks.begin_write(0, kBlock);
  const WriteId second = blocks.begin_write(1, kBlock);
  blocks.thrown_out(0);
  blocks.end_write(second, true);
  EXPECT_FALSE(blocks.check(kBlock, first, true));
}

TEST(GuardedBlocks, AHostKeepsTheOrderOfItsOwnWrites) {
  GuardedBlocks blocks;
  const WriteId first = blocks.begin_write(0, kBlock);
  blocks.end_write(first, true);
  const WriteId second = blocks.begin_write(0, kBlock);
  blocks.end_write(second, true);
  EXPECT_TRUE(is(blocks.check(kBlock, first, true), Invariant::no_lost_write));
  EXPECT_TRUE(is(blocks.check(kBlock, 0, true), Invariant::no_lost_write));
  EXPECT_FALSE(blocks.check(kBlock, second, true));
}

TEST(GuardedBlocks, RubbishIsRubbish) {
  GuardedBlocks blocks;
  blocks.begin_write(0, kBlock);
  EXPECT_TRUE(is(blocks.check(kBlock, 1, false), Invariant::no_corruption));
  EXPECT_TRUE(is(blocks.check(kBlock + 1, 1, true), Invariant::no_corruption));
  EXPECT_TRUE(is(blocks.check(kBlock, 2, true), Invariant::no_corruption));
}

}  // namespace
}  // namespace sim
