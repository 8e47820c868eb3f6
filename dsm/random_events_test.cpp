// Random worlds, from seeds. A failure names its seed.
#include <gtest/gtest.h>

#include "dsm/testing/random_world.h"

namespace dsm::testing {
namespace {

// The seeds in portions, so that they run side by side.
constexpr uint64_t kPortions = 8;
constexpr uint64_t kSeedsPerPortion = 250;

class RandomEvents : public ::testing::TestWithParam<uint64_t> {};

TEST_P(RandomEvents, TheRulesHoldAndEverythingComesToRest) {
  constexpr int kEvents = 300;
  const uint64_t first = 1 + GetParam() * kSeedsPerPortion;
  for (uint64_t seed = first; seed < first + kSeedsPerPortion; ++seed) {
    RandomWorld world(seed);
    for (int i = 0; i < kEvents && !::testing::Test::HasFailure(); ++i) {
      world.step();
    }
    world.finish();
    ASSERT_FALSE(::testing::Test::HasFailure()) << "seed " << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomEvents, ::testing::Range(uint64_t{0}, kPortions));

}  // namespace
}  // namespace dsm::testing
