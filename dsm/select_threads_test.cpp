// The I/O path with real threads, against a control plane that takes nexuses away, puts others in
// their slots, and changes health, registrations, weights and policies. Worth most under
// ThreadSanitizer and AddressSanitizer; DSMKIT_SELECT_COMMANDS asks for more commands per policy.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "base/prng.h"
#include "dsm/testing/consistency.h"
#include "dsm/testing/every_policy.h"
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
  ~Lanes() { stop(); }

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
  // What the lanes have told complete() and move(). When the threads have ended.
  Statistics told() const {
    Statistics sum;
    for (const Statistics& lane : told_) {
      sum.reads += lane.reads;
      sum.writes += lane.writes;
      sum.bytes_read += lane.bytes_read;
      sum.bytes_written += lane.bytes_written;
      sum.errors += lane.errors;
      sum.retries += lane.retries;
      sum.failovers += lane.failovers;
    }
    return sum;
  }
  void stop() {
    stop_ = true;
    for (std::thread& thread : threads_) {
      thread.join();
    }
    threads_.clear();
  }

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
        end(lane, token, random);
      }
    }
  }

  void step(unsigned lane, Token& token, base::Prng& random) {
    // Small numbers, so that addresses meet the ends of earlier transfers.
    const bool is_read = random.chance(1, 2);
    const Pick pick = select(lun_, lane,
                             {.lba = random.below(64),
                              .bytes = static_cast<uint32_t>(random.below(16) * 512),
                              .is_read = is_read,
                              .is_write = !is_read});
    if (!token.counted()) {
      if (pick.found() && begin(token, lun_, lane, pick)) {
        look_at(token);
        commands_.fetch_add(1, std::memory_order_relaxed);
      }
    } else if (pick.found() && random.chance(1, 3)) {
      const MoveResult result = move(token, pick);
      told_[lane].errors += result.moved ? 1 : 0;
      told_[lane].retries += result.moved ? 1 : 0;
      note(result.old_slot);
      look_at(token);
    } else {
      look_at(token);
      end(lane, token, random);
    }
  }
  void end(unsigned lane, Token& token, base::Prng& random) {
    const Ended ended{.bytes = static_cast<uint32_t>(random.below(1U << 20)),
                      .direction = random.chance(1, 2) ? Direction::read : Direction::write,
                      .ok = random.chance(15, 16),
                      .failed_over = random.chance(1, 64)};
    const bool is_read = ended.direction == Direction::read;
    Statistics& told = told_[lane];
    (is_read ? told.reads : told.writes) += 1;
    (is_read ? told.bytes_read : told.bytes_written) += ended.bytes;
    told.errors += ended.ok ? 0 : 1;
    told.failovers += ended.failed_over ? 1 : 0;
    note(complete(token, ended));
  }
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
  std::array<Statistics, kCount> told_{};
  std::atomic<uint64_t> commands_{0};
  std::atomic<uint64_t> strays_{0};
};

uint64_t commands_wanted() {
  const char* text = std::getenv("DSMKIT_SELECT_COMMANDS");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : 20'000;
}

// The control plane: a LUN whose nexus 1 stays, always fit to carry I/O, and everything else that
// can change.
class ControlPlane {
 public:
  ControlPlane(TestHost& host, Lanes& lanes, PolicyId policy)
      : host_(host), lanes_(lanes), policy_(policy) {}

  void step() {
    const auto id = static_cast<NexusId>(random_.between(2, there_.size() - 1));
    if (!there_[id]) {
      ASSERT_TRUE(host_.add(id).ok());
      host_.activate(id);
      there_[id] = true;
    } else if (random_.chance(1, 3)) {
      remove(id);
    } else {
      change(id);
    }
    serve();
  }
  unsigned removals() const { return removals_; }

 private:
  void remove(NexusId id) {
    if (random_.chance(1, 2)) {
      host_.on(event::of_nexus(EventKind::nexus_removing, host_.now, id));
    }
    host_.on(event::of_nexus(EventKind::nexus_removed, host_.now, id));
    there_[id] = false;
    ++removals_;
    while (host_.module->find_nexus(id) != nullptr) {
      serve();
    }
  }

  void change(NexusId id) {
    using enum EventKind;
    const LunId lun = host_.lun().id;
    const uint32_t yes = random_.chance(1, 2) ? 1 : 0;
    switch (random_.below(7)) {
      case 0:
        host_.fail_path(id);
        host_.activate(id);
        break;
      case 1:
        host_.on(event::of_path(yes != 0 ? path_suspect : path_verified, host_.now, id));
        break;
      case 2:
        host_.on(event::of_nexus(registered, host_.now, 1, 1));
        host_.on(event::of_lun(reservation_key, host_.now, lun, yes));
        break;
      case 3:
        host_.on(event::of_nexus(registered, host_.now, id, yes));
        break;
      case 4:
        host_.on(event::of_nexus(set_weight, host_.now, id, yes));
        break;
      case 5:
        host_.on(event::of_lun(set_sequential_cap, host_.now, lun, yes * 65'536));
        break;
      default:
        set_policy(yes != 0 ? policy_ : policies()[random_.below(policies().size())].id);
        break;
    }
  }

  void set_policy(PolicyId policy) {
    Operation operation{.id = ++last_operation_, .kind = OperationKind::set_policy};
    operation.lun = host_.lun().id;
    operation.settings.policy = policy;
    host_.on(event::start(host_.now, operation));
    EXPECT_TRUE(host_.results.back().status.ok());
    host_.results.clear();
    host_.history.clear();
    host_.reports.clear();
  }

  void serve() {
    if (!host_.lanes_to_synchronise.empty()) {
      lanes_.pass_a_barrier();
      host_.synchronise();
    }
    if (lanes_.take_idle()) {
      host_.on(event::of_lun(EventKind::slot_idle, host_.now, host_.lun().id));
    }
    host_.advance_ms(1);
  }

  TestHost& host_;
  Lanes& lanes_;
  PolicyId policy_;
  base::Prng random_{7};
  std::array<bool, 6> there_{};
  unsigned removals_ = 0;
  OperationId last_operation_ = 0;
};

class SelectThreads : public ::testing::TestWithParam<PolicyId> {};

TEST_P(SelectThreads, EverythingChangesUnderTheCommands) {
  constexpr unsigned kRemovals = 60;
  TestHost host(GetParam(), Lanes::kCount);
  host.path(1);
  host.hold_lanes = true;
  Lanes lanes(host.lun());
  ControlPlane control(host, lanes, GetParam());
  while (control.removals() < kRemovals || lanes.commands() < commands_wanted()) {
    control.step();
    const uint64_t before = lanes.commands();
    while (lanes.commands() < before + 10) {
      std::this_thread::yield();
    }
  }
  lanes.stop();
  EXPECT_EQ(lanes.strays(), 0U);
  expect_nothing_counted(host.lun());
  Statistics counted;
  for (unsigned slot = 0; slot < kMaxPathsPerLun; ++slot) {
    counted = counted - (Statistics{} - statistics_of_slot(host.lun(), slot));
  }
  EXPECT_EQ(counted, lanes.told()) << "not one is lost";
}

INSTANTIATE_TEST_SUITE_P(Policies, SelectThreads, every_policy(), policy_name);

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
