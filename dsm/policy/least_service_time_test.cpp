// Least service time: what the mean is, and what is made of it.
#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "dsm/testing/test_host.h"

namespace dsm::testing {
namespace {

constexpr unsigned kMany = 6'400;

struct Timed : TestHost {
  explicit Timed(unsigned paths) : TestHost(PolicyId::least_service_time) {
    for (NexusId id = 1; id <= paths; ++id) {
      path(id);
    }
  }
  // One command at a time; each takes as long as its path does.
  std::map<NexusId, unsigned> serve(unsigned commands,
                                    const std::map<NexusId, uint64_t>& taken_ns) {
    std::map<NexusId, unsigned> served;
    for (unsigned i = 0; i < commands; ++i) {
      Token token = begin();
      const NexusId nexus = nexus_of(token);
      ++served[nexus];
      if (!times_a_few || lane().is_timed()) {
        note_service_time(token, taken_ns.at(nexus));
        ++timed[nexus];
      }
      complete(token);
    }
    return served;
  }
  bool times_a_few = false;  // as a host does whose clock is dear
  std::map<NexusId, unsigned> timed;
  Lane& lane() { return lun().published.lanes[0]; }
  uint32_t mean_ns(unsigned slot) { return lun().published.lanes[0].service_ns[slot]; }
};

TEST(LeastServiceTime, EqualPathsTakeTurns) {
  Timed host(3);
  EXPECT_EQ(host.serve(6, {{1, 100}, {2, 100}, {3, 100}}),
            (std::map<NexusId, unsigned>{{1, 2}, {2, 2}, {3, 2}}));
}

TEST(LeastServiceTime, TheFastPathCarriesWhatIsSentOneByOne) {
  Timed host(2);
  auto served = host.serve(kMany, {{1, 1'000}, {2, 3'000}});
  EXPECT_GE(served[1], kMany * 97 / 100);
  EXPECT_GE(served[2], kMany / 64 / 2) << "looked at now and then";
}

TEST(LeastServiceTime, QueuesAreAsLongAsPathsAreFast) {
  Timed host(2);
  host.serve(64, {{1, 1'000}, {2, 3'000}});
  std::map<NexusId, unsigned> under_way;
  std::vector<Token> tokens;
  for (int i = 0; i < 40; ++i) {
    tokens.push_back(host.begin());
    ++under_way[host.nexus_of(tokens.back())];
  }
  EXPECT_NEAR(under_way[1], 30, 2);
  EXPECT_NEAR(under_way[2], 10, 2);
  for (Token& token : tokens) {
    host.complete(token);
  }
}

TEST(LeastServiceTime, AfterItsRecoveryASlowPathIsUsedAgain) {
  Timed host(2);
  host.serve(kMany, {{1, 1'000}, {2, 50'000}});
  auto served = host.serve(kMany, {{1, 1'000}, {2, 500}});
  EXPECT_GE(served[2], kMany / 4) << "a mean of 50 us is forgotten within 64 measurements";
}

TEST(LeastServiceTime, APathThatSlowsDownIsLeft) {
  Timed host(2);
  host.serve(kMany, {{1, 1'000}, {2, 1'100}});
  auto served = host.serve(kMany, {{1, 20'000}, {2, 1'100}});
  EXPECT_GE(served[2], kMany * 95 / 100);
}

TEST(LeastServiceTime, WhatHasNotBeenMeasuredIsTriedFirst) {
  Timed host(1);
  host.serve(10, {{1, 1'000}});
  host.path(2);
  EXPECT_EQ(host.next(), 2U);
}

TEST(LeastServiceTime, TheMeanFollowsAndStaysWithinBounds) {
  Timed host(1);
  host.serve(1, {{1, 8'000}});
  EXPECT_EQ(host.mean_ns(0), 8'000U) << "the first as it is";
  host.serve(1, {{1, 16'000}});
  EXPECT_EQ(host.mean_ns(0), 9'000U);
  host.serve(100, {{1, uint64_t{5} << 32}});
  const uint32_t longest = host.mean_ns(0);
  EXPECT_GE(longest, UINT32_MAX / 10 * 9);
  host.serve(1, {{1, UINT64_MAX}});
  EXPECT_GE(host.mean_ns(0), longest - 16) << "and does not wrap around";
}

TEST(LeastServiceTime, TimingAFewCommandsIsEnough) {
  Timed host(2);
  host.times_a_few = true;
  auto served = host.serve(kMany, {{1, 1'000}, {2, 3'000}});
  EXPECT_GE(served[1], kMany * 97 / 100);
  EXPECT_LE(host.timed[1], kMany / 7);
  EXPECT_GE(host.timed[2], served[2] - 1) << "whose turn it is, is timed";
  served = host.serve(kMany, {{1, 1'000}, {2, 300}});
  EXPECT_GE(served[2], kMany * 4 / 5) << "and so it is seen that it has become the fast one";
}

TEST(LeastServiceTime, WhatHasNotBeenMeasuredIsTimed) {
  Timed host(1);
  host.times_a_few = true;
  host.serve(10, {{1, 1'000}});
  host.path(2);
  host.serve(1, {{2, 1'000}});
  EXPECT_EQ(host.timed[2], 1U);
}

// In whatever rhythm the paths take turns.
TEST(Lane, OneCommandInEightIsTimed) {
  constexpr unsigned kOfEach = 3'200;
  for (unsigned paths = 1; paths <= 32; ++paths) {
    Lane lane;
    std::vector<unsigned> timed(paths);
    for (unsigned i = 0; i < paths * kOfEach; ++i) {
      timed[i % paths] += lane.is_timed() ? 1 : 0;
    }
    for (const unsigned count : timed) {
      EXPECT_NEAR(count, kOfEach / 8, kOfEach / 80) << "with " << paths << " paths";
    }
  }
}

TEST(LeastServiceTime, GoesOnAfterOtherPolicies) {
  Timed host(2);
  host.serve(64, {{1, 1'000}, {2, 3'000}});
  const auto set = [&](PolicyId policy) {
    Operation operation{.id = 1, .kind = OperationKind::set_policy, .lun = host.lun().id};
    operation.settings.policy = policy;
    host.on(event::start(host.now, operation));
  };
  set(PolicyId::least_blocks);
  host.serve(10, {{1, 1'000}, {2, 3'000}});
  set(PolicyId::least_service_time);
  auto served = host.serve(640, {{1, 1'000}, {2, 3'000}});
  EXPECT_GE(served[1], 610U);
}

}  // namespace
}  // namespace dsm::testing
