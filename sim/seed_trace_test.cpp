// What the module of a simulated disk goes through, recorded, replays with the same decisions.
#include <gtest/gtest.h>

#include <vector>

#include "replay/replay.h"
#include "sim/seed.h"

namespace sim {
namespace {

struct Recorded {
  std::vector<uint8_t> trace;
  SeedResult result;
};

Recorded record(uint64_t seed) {
  Recorded recorded;
  recorded.result =
      run_seed({.seed = seed, .trace = {&recorded.trace, [](void* context, base::Bytes record) {
                                          auto& to = *static_cast<std::vector<uint8_t>*>(context);
                                          to.insert(to.end(), record.begin(), record.end());
                                        }}});
  return recorded;
}

// Two of three seeds have people and programs who change settings, paths and reservations.
TEST(SeedTrace, ReplaysWithTheSameDecisions) {
  constexpr uint64_t kSeeds = 40;
  uint64_t decisions = 0;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const Recorded recorded = record(seed);
    const replay::Result result = replay::replay(recorded.trace);
    EXPECT_EQ(result.verdict, replay::Verdict::same) << "seed " << seed << ": " << result.message;
    EXPECT_GT(result.inputs, 10U);
    EXPECT_GT(result.picks, 10U);
    decisions += result.decisions;
  }
  EXPECT_GT(decisions, 1000U);
}

TEST(SeedTrace, RecordingChangesNothing) {
  EXPECT_EQ(record(3).result.fingerprint, run_seed({.seed = 3}).fingerprint);
}

TEST(SeedTrace, ADsmThatDecidesOtherwiseIsFound) {
  const std::vector<uint8_t> trace = record(1).trace;
  const auto verdict_with = [&trace](void (*change)(dsm::Config&)) {
    return replay::replay(trace, {.configure = change}).verdict;
  };
  EXPECT_EQ(verdict_with([](dsm::Config& config) { config.tur_deadline_ms = 1; }),
            replay::Verdict::different);
}

}  // namespace
}  // namespace sim
