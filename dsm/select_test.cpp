// The I/O path: choosing, counting, backing out, moving.
#include "dsm/select.h"

#include <gtest/gtest.h>

#include <vector>

#include "dsm/testing/operation_host.h"

namespace dsm::testing {
namespace {

using Nexuses = std::vector<NexusId>;

TestHost& with_paths(TestHost& host, unsigned count) {
  for (NexusId id = 1; id <= count; ++id) {
    host.path(id);
  }
  return host;
}

uint32_t in_flight(TestHost& host, unsigned slot) {
  return host.lun().in_flight(slot);
}

TEST(Select, NothingToChooseFrom) {
  for (const Policy& policy : policies()) {
    TestHost host(policy.id);
    ASSERT_TRUE(host.add(1).ok());
    EXPECT_FALSE(select(host.lun(), 0, {}).found()) << policy.name;
  }
}

TEST(Select, CountsTheCommandWhereItRuns) {
  TestHost host;
  with_paths(host, 2);
  Token token = host.begin();
  EXPECT_EQ(in_flight(host, token.slot), 1U);
  EXPECT_EQ(complete(token), CompleteResult::done);
  EXPECT_EQ(in_flight(host, 0) + in_flight(host, 1), 0U);
  EXPECT_FALSE(token.counted());
}

TEST(Select, EachLaneHasItsOwnTurn) {
  TestHost host(PolicyId::round_robin, 3);
  with_paths(host, 3);
  for (const unsigned lane : {0U, 1U, 2U}) {
    for (const uint32_t slot : {0U, 1U, 2U, 0U}) {
      EXPECT_EQ(select(host.lun(), lane, {}).slot, slot);
    }
  }
}

TEST(Begin, BacksOutWhenTheSlotIsNoCandidateAnyMore) {
  TestHost host;
  with_paths(host, 2);
  const Pick pick = select(host.lun(), 0, {});
  host.fail_path(pick.slot + 1);
  Token token;
  EXPECT_FALSE(begin(token, host.lun(), 0, pick));
  EXPECT_FALSE(token.counted());
  EXPECT_EQ(in_flight(host, pick.slot), 0U) << "nothing is counted";
  EXPECT_EQ(host.next(2), (Nexuses{2, 2}));
}

TEST(Begin, GoesOnWhenTheChangeWasAboutAnotherSlot) {
  TestHost host;
  with_paths(host, 2);
  const Pick pick = select(host.lun(), 0, {});
  ASSERT_EQ(pick.slot, 0U);
  host.fail_path(2);
  host.path(3);
  Token token;
  EXPECT_TRUE(begin(token, host.lun(), 0, pick));
  EXPECT_EQ(in_flight(host, 0), 1U);
  host.complete(token);
}

TEST(Begin, NoticesAnotherNexusInTheSlot) {
  TestHost host;
  with_paths(host, 2);
  host.next();
  const Pick pick = select(host.lun(), 0, {});
  ASSERT_EQ(pick.slot, 1U);
  host.on(event::of_nexus(EventKind::nexus_removed, host.now, 2));
  host.path(3);
  ASSERT_EQ(host.lun().nexus_at(1)->id, 3U) << "the slot is used again";
  ASSERT_NE(host.lun().candidates() & 2U, 0U);
  Token token;
  EXPECT_FALSE(begin(token, host.lun(), 0, pick)) << "the choice was about nexus 2";
  const Pick later = {host.lun().published.word.load(), 1};
  EXPECT_TRUE(begin(token, host.lun(), 0, later));
  host.complete(token);
}

TEST(Begin, GenerationsMayWrap) {
  TestHost host;
  with_paths(host, 2);
  const uint32_t mask = host.lun().candidates();
  Lun& lun = host.lun();
  lun.published.since[0].store(0xfffffff0U);
  const auto usable = [&](uint32_t generation) {
    return still_usable(lun, {uint64_t{generation} << 32 | mask, 0}, mask);
  };
  EXPECT_TRUE(usable(0xfffffff0U));
  EXPECT_TRUE(usable(5)) << "younger, beyond the wrap";
  EXPECT_FALSE(usable(0xffffffefU));
}

TEST(Complete, TellsOfAnIdleSlotOnlyWhileItDrains) {
  TestHost host;
  with_paths(host, 1);
  Token first = host.begin();
  EXPECT_EQ(complete(first), CompleteResult::done);
  first = host.begin();
  Token second = host.begin();
  host.on(event::of_nexus(EventKind::nexus_removing, host.now, 1));
  EXPECT_EQ(complete(first), CompleteResult::done) << "one is still under way";
  EXPECT_EQ(complete(second), CompleteResult::slot_idle);
  EXPECT_EQ(host.count(ActionKind::drained), 0U);
  host.on(event::of_lun(EventKind::slot_idle, host.now, host.lun().id));
  EXPECT_EQ(host.count(ActionKind::drained), 1U);
}

TEST(Move, TakesTheCountAlong) {
  TestHost host;
  with_paths(host, 2);
  Token token = host.begin();
  ASSERT_EQ(token.slot, 0U);
  const MoveResult result = move(token, select(host.lun(), 0, {}));
  EXPECT_TRUE(result.moved);
  EXPECT_EQ(result.old_slot, CompleteResult::done);
  EXPECT_EQ(token.slot, 1U);
  EXPECT_EQ(in_flight(host, 0), 0U);
  EXPECT_EQ(in_flight(host, 1), 1U);
  host.complete(token);
}

TEST(Move, LeavesTheCountWhereItIsWhenTheNewSlotIsGone) {
  TestHost host;
  with_paths(host, 2);
  Token token = host.begin();
  const Pick pick = select(host.lun(), 0, {});
  host.fail_path(2);
  EXPECT_FALSE(move(token, pick).moved);
  EXPECT_TRUE(token.counted());
  EXPECT_EQ(in_flight(host, 0), 1U);
  EXPECT_EQ(in_flight(host, 1), 0U);
  host.complete(token);
}

TEST(Move, TellsThatTheOldSlotIsIdle) {
  TestHost host;
  with_paths(host, 2);
  Token token = host.begin();
  host.on(event::of_nexus(EventKind::nexus_removing, host.now, 1));
  EXPECT_EQ(move(token, select(host.lun(), 0, {})).old_slot, CompleteResult::slot_idle);
  host.complete(token);
}

TEST(Move, KeepsTheLane) {
  TestHost host(PolicyId::round_robin, 2);
  with_paths(host, 2);
  Token token = host.begin(1);
  ASSERT_TRUE(move(token, select(host.lun(), 1, {})).moved);
  EXPECT_EQ(token.lane, &host.lun().published.lanes[1]);
  host.complete(token);
}

TEST(LeastQueueDepth, SeesOtherLanesWithinARefreshPeriod) {
  TestHost host(PolicyId::least_queue_depth, 2);
  with_paths(host, 2);
  for (int i = 0; i < 5; ++i) {
    select(host.lun(), 0, {});  // so that the load comes in the middle of a period
  }
  host.lun().published.lanes[1].add(0, 100);
  unsigned on_loaded_path = 0;
  for (uint32_t i = 0; i < Lane::kRefreshPeriod; ++i) {
    on_loaded_path += select(host.lun(), 0, {}).slot == 0 ? 1U : 0U;
  }
  EXPECT_LE(on_loaded_path, Lane::kRefreshPeriod / 2);
  for (uint32_t i = 0; i < 3 * Lane::kRefreshPeriod; ++i) {
    EXPECT_EQ(select(host.lun(), 0, {}).slot, 1U) << i;
  }
  host.lun().published.lanes[1].add(0, 0U - 100);
}

TEST(LeastQueueDepth, AQueueThatBecomesTheShortestIsTakenAtOnce) {
  TestHost host(PolicyId::least_queue_depth);
  with_paths(host, 3);
  std::vector<Token> tokens;
  for (const NexusId nexus : {1U, 2U, 3U, 1U}) {
    ASSERT_EQ(host.nexus_of(tokens.emplace_back(host.begin())), nexus);
  }
  host.complete(tokens[2]);
  tokens[2] = host.begin();
  EXPECT_EQ(host.nexus_of(tokens[2]), 3U) << "not P2, whose turn it would have been";
  for (Token& token : tokens) {
    host.complete(token);
  }
}

TEST(LeastQueueDepth, APathThatJoinsHasItsShareAtOnce) {
  for (const PolicyId policy : {PolicyId::least_queue_depth, PolicyId::least_blocks}) {
    TestHost host(policy);
    with_paths(host, 2);
    host.next(2);
    host.path(3);
    std::vector<Token> tokens;
    for (int i = 0; i < 6; ++i) {
      tokens.push_back(host.begin());
    }
    for (unsigned slot = 0; slot < 3; ++slot) {
      EXPECT_EQ(in_flight(host, slot), 2U) << find_policy(policy)->name;
    }
    for (Token& token : tokens) {
      host.complete(token);
    }
  }
}

TEST(LeastQueueDepth, ItsOwnCountsAreExactAtOnce) {
  TestHost host(PolicyId::least_queue_depth, 2);
  with_paths(host, 4);
  std::vector<Token> tokens;
  for (int round = 1; round <= 5; ++round) {
    for (int i = 0; i < 4; ++i) {
      tokens.push_back(host.begin());
    }
    for (unsigned slot = 0; slot < 4; ++slot) {
      EXPECT_EQ(in_flight(host, slot), static_cast<uint32_t>(round)) << "evenly spread";
    }
  }
  for (Token& token : tokens) {
    host.complete(token);
  }
}

// What least blocks had weighed ends after the change, and the only candidate's key falls below
// nothing: it is the only candidate all the same.
TEST(LeastQueueDepth, CommandsWeighedByAnotherPolicyDoNotHideTheCandidate) {
  const Shape megabyte{.lba = 0, .bytes = 1U << 20, .is_read = true};
  OperationHost host(PolicyId::least_blocks);
  with_paths(host, 2);
  host.fail_path(2);
  std::vector<Token> weighed(2);
  for (Token& token : weighed) {
    ASSERT_TRUE(begin(token, host.lun(), 0, select(host.lun(), 0, megabyte)));
  }
  host.set_policy({.policy = PolicyId::least_queue_depth});
  Token token;
  ASSERT_TRUE(begin(token, host.lun(), 0, select(host.lun(), 0, {})));  // counts anew
  for (Token& other : weighed) {
    complete(other);
  }
  EXPECT_EQ(host.next(3), (Nexuses{1, 1, 1}));
  complete(token);
}

// A nexus that its sender names, without locks.
TEST(BeginOn, CountsWhateverTheHealthUntilTheNexusIsRemoved) {
  TestHost host(PolicyId::least_queue_depth);
  host.path(1);
  host.path(2);
  host.fail_path(2);
  host.hold_lanes = true;
  const Nexus& second = *host.module->find_nexus(2);
  Token token;
  ASSERT_TRUE(begin_on(token, second, 0));
  EXPECT_EQ(in_flight(host, second.slot), 1U);
  host.on(event::of_nexus(EventKind::nexus_removing, host.now, 2));
  Token late;
  EXPECT_FALSE(begin_on(late, second, 0)) << "it is being removed";
  EXPECT_FALSE(late.counted());
  EXPECT_EQ(in_flight(host, second.slot), 1U);
  host.on(event::of_nexus(EventKind::nexus_removed, host.now, 2));
  host.synchronise();
  EXPECT_NE(host.module->find_nexus(2), nullptr) << "its command is under way";
  EXPECT_EQ(complete(token), CompleteResult::slot_idle);
  host.on(event::of_lun(EventKind::slot_idle, host.now, host.lun().id));
  EXPECT_EQ(host.module->find_nexus(2), nullptr);
}

}  // namespace
}  // namespace dsm::testing
