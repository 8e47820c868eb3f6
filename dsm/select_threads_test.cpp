// The I/O path with real threads, against a control plane that takes nexuses away and puts others
// in their slots. Worth most under ThreadSanitizer and AddressSanitizer.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include "base/prng.h"
#include "dsm/testing/test_host.h"

namespace dsm::testing {
namespace {

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
    EXPECT_EQ(host.lun().in_flight(slot), 0U);
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
