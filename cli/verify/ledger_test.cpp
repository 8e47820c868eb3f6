// The verifier must see each kind of damage that a multipath disk can do; these tests do the
// damage.
#include "cli/verify/ledger.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <string>

namespace cli::verify {
namespace {

constexpr uint64_t kSeed = 77;
using Block = std::array<uint8_t, 4096>;

Block image(uint64_t number, uint64_t version) {
  Block block;
  fill_block(block, kSeed, number, version);
  return block;
}

Finding judge(Ledger& ledger, uint64_t number, const Block& block) {
  return ledger.check(number, ledger.floor_version(number), read_block(block, kSeed, number));
}

void write(Ledger& ledger, uint64_t block, bool acknowledged = true) {
  ledger.begin_write(block);
  ledger.end_write(block, acknowledged);
}

TEST(Pattern, EveryByteCounts) {
  Block block = image(5, 9);
  const BlockContent content = read_block(block, kSeed, 5);
  EXPECT_EQ(content.kind, BlockKind::versioned);
  EXPECT_EQ(content.version, 9u);
  for (size_t at = 0; at < block.size(); at += 37) {
    block[at] ^= 0x10;
    EXPECT_EQ(read_block(block, kSeed, 5).kind, BlockKind::foreign) << at;
    block[at] ^= 0x10;
  }
  EXPECT_EQ(read_block(block, kSeed + 1, 5).kind, BlockKind::foreign);
  EXPECT_EQ(read_block(block, kSeed, 6).kind, BlockKind::misplaced);
  EXPECT_EQ(read_block(Block{}, kSeed, 5).kind, BlockKind::blank);
}

TEST(Pattern, SeesATornBlock) {
  Block block = image(5, 2);
  const Block newer = image(5, 3);
  std::copy(newer.begin(), newer.begin() + 512, block.begin());
  const BlockContent content = read_block(block, kSeed, 5);
  EXPECT_EQ(content.kind, BlockKind::torn);
  EXPECT_EQ(content.version, 2u);
}

TEST(Ledger, AcknowledgedVersionMustShow) {
  Ledger ledger(kSeed, 8);
  EXPECT_EQ(judge(ledger, 3, Block{}), Finding::ok);
  write(ledger, 3);
  EXPECT_EQ(judge(ledger, 3, Block{}), Finding::lost);
  EXPECT_EQ(judge(ledger, 3, image(3, 1)), Finding::ok);
  EXPECT_EQ(judge(ledger, 3, image(3, 2)), Finding::corrupt) << "a version nobody wrote";
  EXPECT_EQ(judge(ledger, 3, image(4, 1)), Finding::misplaced);
}

TEST(Ledger, ResurrectedWriteIsToldApartFromALostOne) {
  Ledger ledger(kSeed, 8);
  write(ledger, 3);
  write(ledger, 3);
  EXPECT_EQ(judge(ledger, 3, image(3, 1)), Finding::lost);
  EXPECT_EQ(judge(ledger, 3, image(3, 2)), Finding::ok);
  EXPECT_EQ(judge(ledger, 3, image(3, 1)), Finding::resurrected);
  EXPECT_EQ(judge(ledger, 3, Block{}), Finding::resurrected);
}

TEST(Ledger, FailedWriteMayOrMayNotHaveHappenedUntilTheNextSucceeds) {
  Ledger ledger(kSeed, 8);
  write(ledger, 0);
  write(ledger, 0, /*acknowledged=*/false);
  EXPECT_EQ(judge(ledger, 0, image(0, 1)), Finding::ok);
  EXPECT_EQ(judge(ledger, 0, image(0, 2)), Finding::ok);
  write(ledger, 0);
  EXPECT_EQ(judge(ledger, 0, image(0, 3)), Finding::ok);
  EXPECT_EQ(judge(ledger, 0, image(0, 2)), Finding::resurrected);
}

TEST(Ledger, ReadBesideAWriteMayShowEither) {
  Ledger ledger(kSeed, 8);
  write(ledger, 1);
  const uint64_t floor = ledger.floor_version(1);
  ledger.begin_write(1);
  EXPECT_TRUE(ledger.write_in_flight(1));
  const Block older = image(1, 1);
  const Block newer = image(1, 2);
  EXPECT_EQ(ledger.check(1, floor, read_block(newer, kSeed, 1)), Finding::ok);
  ledger.end_write(1, true);
  EXPECT_EQ(ledger.check(1, floor, read_block(older, kSeed, 1)), Finding::ok)
      << "this read began before the write was acknowledged";
  EXPECT_EQ(judge(ledger, 1, older), Finding::resurrected);
}

TEST(Ledger, RubbishIsExcusedOnlyBesideAWriteInFlight) {
  Ledger ledger(kSeed, 8);
  write(ledger, 3);
  Block rubbish = image(3, 1);
  rubbish[700] ^= 1;
  EXPECT_EQ(judge(ledger, 3, rubbish), Finding::corrupt);
  const uint64_t floor = ledger.floor_version(3);
  ledger.begin_write(3);
  EXPECT_EQ(ledger.check(3, floor, read_block(rubbish, kSeed, 3)), Finding::ok);
  ledger.end_write(3, true);
  EXPECT_EQ(judge(ledger, 3, rubbish), Finding::corrupt) << "at rest nothing is excused";
}

TEST(Ledger, SurvivesAFile) {
  const std::string path = testing::TempDir() + "ledger-" + std::to_string(getpid());
  Ledger ledger(kSeed, 3);
  write(ledger, 2);
  std::string error;
  ASSERT_TRUE(ledger.save(path, error)) << error;
  Ledger loaded(0, 0);
  ASSERT_TRUE(Ledger::load(path, loaded, error)) << error;
  EXPECT_EQ(loaded.seed(), kSeed);
  ASSERT_EQ(loaded.block_count(), 3u);
  EXPECT_EQ(judge(loaded, 2, Block{}), Finding::lost);
  ASSERT_EQ(truncate(path.c_str(), 60), 0);
  EXPECT_FALSE(Ledger::load(path, loaded, error));
  EXPECT_NE(error.find("block 1 of 3"), std::string::npos) << error;
  ASSERT_EQ(truncate(path.c_str(), 10), 0);
  EXPECT_FALSE(Ledger::load(path, loaded, error));
  std::remove(path.c_str());
  EXPECT_FALSE(Ledger::load(path, loaded, error));
  EXPECT_NE(error.find("No such file"), std::string::npos) << error;
}

}  // namespace
}  // namespace cli::verify
