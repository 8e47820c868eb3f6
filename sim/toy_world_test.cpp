// The judges on trial: an honest toy disk passes every seed, each dishonest one is found out.
#include <gtest/gtest.h>

#include "sim/testing/toy_world.h"

namespace sim {
namespace {

std::string first_finding(const SeedResult& result) {
  return result.findings.empty() ? ""
                                 : std::string(name_of(result.findings.list().front().invariant)) +
                                       ": " + result.findings.list().front().text;
}

TEST(ToyWorld, AnHonestDiskPassesEverySeed) {
  uint64_t late = 0;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    const SeedResult result = run_toy_seed({.seed = seed}, Vice::none);
    EXPECT_EQ(first_finding(result), "") << "seed " << seed;
    late += result.late_executions;
  }
  EXPECT_GT(late, 20U) << "the hazard must really occur, or nothing was tested";
}

TEST(ToyWorld, ASeedGoesTheSameWayTwice) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    EXPECT_EQ(run_toy_seed({.seed = seed}, Vice::none).fingerprint,
              run_toy_seed({.seed = seed, .keep_timeline = true}, Vice::none).fingerprint);
  }
}

// Seeds until a dishonest disk is caught; 0: never within `limit`.
uint64_t seeds_to_catch(Vice vice, Mutant mutant, uint64_t limit,
                        std::initializer_list<Invariant> as) {
  for (uint64_t seed = 1; seed <= limit; ++seed) {
    const SeedResult result = run_toy_seed({.seed = seed, .mutant = mutant}, vice);
    for (const Invariant invariant : as) {
      if (result.findings.has(invariant)) {
        return seed;
      }
    }
  }
  return 0;
}

struct Case {
  Vice vice;
  Mutant mutant;
  std::initializer_list<Invariant> as;
};

TEST(ToyWorld, DishonestDisksAreFoundOut) {
  const Case cases[] = {
      {Vice::ignores_unsettled, Mutant::none, {Invariant::late_write_rule}},
      {Vice::ignores_unsettled,
       Mutant::none,
       {Invariant::no_lost_write, Invariant::no_resurrected_write}},
      {Vice::swallows_errors,
       Mutant::none,
       {Invariant::no_lost_write, Invariant::no_resurrected_write, Invariant::no_corruption}},
      {Vice::retries_for_ever, Mutant::none, {Invariant::no_path_deadline}},
      {Vice::no_backoff, Mutant::none, {Invariant::send_budget}},
      {Vice::completes_twice, Mutant::none, {Invariant::exactly_once}},
      {Vice::forgets_a_path, Mutant::none, {Invariant::path_recovers}},
      {Vice::none,
       Mutant::executes_twice,
       {Invariant::no_lost_write, Invariant::no_resurrected_write}},
      {Vice::none, Mutant::fresh_isid, {Invariant::no_lost_write, Invariant::no_resurrected_write}},
      {Vice::none, Mutant::completes_twice, {Invariant::exactly_once}},
      {Vice::none,
       Mutant::loses_a_write,
       {Invariant::no_lost_write, Invariant::no_resurrected_write}},
  };
  for (const Case& one : cases) {
    const uint64_t seeds = seeds_to_catch(one.vice, one.mutant, 1000, one.as);
    EXPECT_NE(seeds, 0U) << name_of(one.vice) << " / " << name_of(one.mutant) << " survived";
    std::printf("%s / %s: caught as %s by seed %llu\n", name_of(one.vice), name_of(one.mutant),
                name_of(*one.as.begin()), static_cast<unsigned long long>(seeds));
  }
}

}  // namespace
}  // namespace sim
