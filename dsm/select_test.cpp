// The I/O path: choosing, counting, backing out, moving; and the same with real threads against a
// control plane that takes nexuses away and puts others in their slots.
#include "dsm/select.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include "base/prng.h"
#include "dsm/testing/test_host.h"

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

// --- with real threads -----------------------------------------------------------------------

// Lane threads that issue, move and complete commands, and pass the barriers they are asked for.
class Lanes {
 public:
  static constexpr unsigned kCount = 2;

  explicit Lanes(Lun& lun) : lun_(lun) {
    for (unsigned lane = 0; lane < kCount; ++lane) {
      threads_.emplace_back([this, lane] { run(lane); });
    }
  }
  ~Lanes() {
    stop_ = true;
    for (std::thread& thread : threads_) {
      thread.join();
    }
  }

  // Returns when every lane has passed a full barrier after the call.
  void pass_a_barrier() {
    const uint64_t epoch = asked_.fetch_add(1) + 1;
    for (const auto& seen : passed_) {
      while (seen.load() < epoch) {
        std::this_thread::yield();
      }
    }
  }
  bool take_idle() { return idle_.exchange(false); }
  uint64_t commands() const { return commands_.load(); }
  uint64_t strays() const { return strays_.load(); }

 private:
  void run(unsigned lane) {
    base::Prng random(lane + 1);
    std::array<Token, 8> tokens{};
    while (!stop_.load(std::memory_order_relaxed)) {
      const uint64_t asked = asked_.load();
      if (passed_[lane].load() != asked) {
        passed_[lane].exchange(asked);  // a full barrier
      }
      step(lane, tokens[random.below(tokens.size())], random);
      if (random.chance(1, 32)) {
        std::this_thread::yield();  // there may be fewer processors than threads
      }
    }
    for (Token& token : tokens) {
      if (token.counted()) {
        end(token);
      }
    }
  }

  void step(unsigned lane, Token& token, base::Prng& random) {
    const Pick pick = select(lun_, lane, {});
    if (!token.counted()) {
      if (pick.found() && begin(token, lun_, lane, pick)) {
        look_at(token);
        commands_.fetch_add(1, std::memory_order_relaxed);
      }
    } else if (pick.found() && random.chance(1, 3)) {
      const MoveResult result = move(token, pick);
      note(result.old_slot);
      look_at(token);
    } else {
      look_at(token);
      end(token);
    }
  }
  void end(Token& token) { note(complete(token)); }
  void note(CompleteResult result) {
    if (result == CompleteResult::slot_idle) {
      idle_ = true;
    }
  }
  // The nexus of a counted command is there, and is the one of that slot.
  void look_at(const Token& token) {
    const Nexus* nexus = lun_.nexus_at(token.slot);
    if (nexus == nullptr || nexus->slot != token.slot || nexus->lun != &lun_) {
      strays_.fetch_add(1);
    }
  }

  Lun& lun_;
  std::vector<std::thread> threads_;
  std::atomic<bool> stop_{false};
  std::atomic<bool> idle_{false};
  std::atomic<uint64_t> asked_{0};
  std::array<std::atomic<uint64_t>, kCount> passed_{};
  std::atomic<uint64_t> commands_{0};
  std::atomic<uint64_t> strays_{0};
};

void serve(TestHost& host, Lanes& lanes) {
  if (!host.lanes_to_synchronise.empty()) {
    lanes.pass_a_barrier();
    host.synchronise();
  }
  if (lanes.take_idle()) {
    host.on(event::of_lun(EventKind::slot_idle, host.now, host.lun().id));
  }
  host.advance_ms(1);
}

class SelectThreads : public ::testing::TestWithParam<PolicyId> {};

TEST_P(SelectThreads, NexusesComeAndGoUnderTheCommands) {
  TestHost host(GetParam(), Lanes::kCount);
  host.path(1);  // stays
  host.hold_lanes = true;
  base::Prng random(7);
  std::array<bool, 6> there{};
  unsigned removals = 0;
  uint64_t commands = 0;
  {
    Lanes lanes(host.lun());
    while (removals < 100) {
      const auto id = static_cast<NexusId>(random.between(2, there.size() - 1));
      if (!there[id]) {
        ASSERT_TRUE(host.add(id).ok());
        host.activate(id);
        there[id] = true;
      } else if (random.chance(1, 2)) {
        if (random.chance(1, 2)) {
          host.on(event::of_nexus(EventKind::nexus_removing, host.now, id));
        }
        host.on(event::of_nexus(EventKind::nexus_removed, host.now, id));
        there[id] = false;
        ++removals;
        while (host.module->find_nexus(id) != nullptr) {
          serve(host, lanes);
        }
      } else {
        host.fail_path(id);
        host.activate(id);
      }
      serve(host, lanes);
      const uint64_t before = lanes.commands();
      while (lanes.commands() < before + 10) {
        std::this_thread::yield();
      }
    }
    EXPECT_EQ(lanes.strays(), 0U);
    commands = lanes.commands();
  }
  EXPECT_GT(commands, 1000U);
  for (unsigned slot = 0; slot < kMaxPathsPerLun; ++slot) {
    EXPECT_EQ(in_flight(host, slot), 0U);
  }
}

INSTANTIATE_TEST_SUITE_P(Policies, SelectThreads,
                         ::testing::Values(PolicyId::round_robin, PolicyId::least_queue_depth),
                         [](const auto& parameter) {
                           return parameter.param == PolicyId::round_robin ? "round_robin"
                                                                           : "least_queue_depth";
                         });

// With the last count the LUN may go; complete() must not look at it after that.
TEST(SelectThreads, TheLastCompletionRacesWithTheReleaseOfTheLun) {
  for (int round = 0; round < 200; ++round) {
    TestHost host;
    host.path(1);
    std::array<Token, 3> tokens{host.begin(), host.begin(), host.begin()};
    host.on(event::of_nexus(EventKind::nexus_removed, host.now, 1));
    host.on(event::of_path(EventKind::path_removed, host.now, 1));
    std::atomic<bool> go{false};
    std::thread lane([&] {
      go = true;
      for (Token& token : tokens) {
        complete(token);
      }
    });
    while (!go) {
      std::this_thread::yield();
    }
    while (host.storage_held() != 0) {
      host.advance_ms(100);
    }
    lane.join();
  }
}

}  // namespace
}  // namespace dsm::testing
