// The workload against a disk in memory: an honest one passes, each kind of dishonest one is found
// out.
#include "sim/workload.h"

#include <gtest/gtest.h>

#include <cstring>
#include <deque>

#include "sim/block_stamp.h"

namespace sim {
namespace {

constexpr uint64_t kBlocks = 256;

// Executes requests in order, 1 ms each.
class MemoryDisk final : public mpio::BlockDevice {
 public:
  enum class Vice : uint8_t {
    none,
    forgets_a_write,
    replays_a_write,
    completes_twice,
    completes_at_once,
    flips_a_bit
  };

  MemoryDisk(Clock& clock, Vice vice) : clock_(clock), vice_(vice), bytes_(kBlocks * kBlockBytes) {
    geometry_.size_bytes = bytes_.size();
    geometry_.can_trim = true;
    geometry_.can_write_zeroes = true;
  }
  ~MemoryDisk() { clock_.cancel(timer_); }

  const mpio::Geometry& geometry() const override { return geometry_; }
  void submit(mpio::BlockRequest& request) override {
    if (vice_ == Vice::completes_at_once && ++count_ == 20) {
      request.done(request);
      return;
    }
    queue_.push_back(&request);
    if (!timer_.armed()) {
      clock_.arm_after(timer_, kMillisecond);
    }
  }

 private:
  void execute() {
    mpio::BlockRequest& request = *queue_.front();
    queue_.pop_front();
    if (!queue_.empty()) {
      clock_.arm_after(timer_, kMillisecond);
    }
    uint8_t* at = bytes_.data() + request.offset_bytes;
    switch (request.op) {
      case mpio::BlockOp::read:
        for (const mpio::IoSlice& slice : request.slices) {
          std::memcpy(slice.data, at, slice.size_bytes);
          at += slice.size_bytes;
        }
        if (vice_ == Vice::flips_a_bit && ++count_ == 10) {
          request.slices[0].data[0] ^= 4;
        }
        break;
      case mpio::BlockOp::write:
        if (vice_ == Vice::forgets_a_write && ++count_ == 10) {
          break;
        }
        if (vice_ == Vice::replays_a_write && ++count_ == 10) {
          late_offset_ = request.offset_bytes;
          late_.resize(request.length_bytes);
          gather(request, late_.data());
        }
        gather(request, at);
        break;
      case mpio::BlockOp::trim:
      case mpio::BlockOp::write_zeroes:
        std::memset(at, 0, request.length_bytes);
        break;
      case mpio::BlockOp::flush:
        break;
    }
    if (vice_ == Vice::replays_a_write && count_ == 12) {
      std::memcpy(bytes_.data() + late_offset_, late_.data(), late_.size());
    }
    request.done(request);
    if (vice_ == Vice::completes_twice && ++count_ == 10) {
      request.done(request);
    }
  }
  static void gather(const mpio::BlockRequest& request, uint8_t* to) {
    for (const mpio::IoSlice& slice : request.slices) {
      std::memcpy(to, slice.data, slice.size_bytes);
      to += slice.size_bytes;
    }
  }

  Clock& clock_;
  Vice vice_;
  mpio::Geometry geometry_;
  std::vector<uint8_t> bytes_;
  std::deque<mpio::BlockRequest*> queue_;
  base::MemberTimer<&MemoryDisk::execute> timer_{*this};
  std::vector<uint8_t> late_;
  uint64_t late_offset_ = 0;
  uint32_t count_ = 0;
};

class NoExcuse final : public FailureJudge {
 public:
  void judge(const FailedRequest&) override { ++failures; }
  int failures = 0;
};

struct Outcome {
  Findings findings;
  uint64_t fingerprint = 0;
  uint32_t issued = 0;
  bool idle = false;
};

Outcome run(MemoryDisk::Vice vice, uint64_t seed, bool overlap) {
  Outcome outcome;
  Clock clock;
  Timeline timeline(false);
  BlockHistory history(kBlocks);
  NoExcuse judge;
  MemoryDisk disk(clock, vice);
  WorkloadConfig config;
  config.seed = seed;
  config.overlap_in_time = overlap;
  config.hot_ranges = 2;
  config.hot_blocks = 8;
  config.max_blocks = 4;
  Workload workload(config, clock, disk, judge, history, outcome.findings, timeline);
  workload.start();
  clock.run_until(100 * kSecond);
  workload.read_back();
  clock.run_until(200 * kSecond);
  outcome.fingerprint = timeline.fingerprint();
  outcome.issued = workload.issued();
  outcome.idle = workload.idle();
  return outcome;
}

TEST(Workload, AnHonestDiskPasses) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const Outcome outcome = run(MemoryDisk::Vice::none, seed, seed % 2 == 0);
    EXPECT_TRUE(outcome.findings.empty())
        << "seed " << seed << ": " << outcome.findings.list().front().text;
    EXPECT_TRUE(outcome.idle);
    EXPECT_EQ(outcome.issued, 200U);
  }
}

TEST(Workload, TheSameSeedGoesTheSameWay) {
  EXPECT_EQ(run(MemoryDisk::Vice::none, 7, false).fingerprint,
            run(MemoryDisk::Vice::none, 7, false).fingerprint);
  EXPECT_NE(run(MemoryDisk::Vice::none, 7, false).fingerprint,
            run(MemoryDisk::Vice::none, 8, false).fingerprint);
}

unsigned seeds_that_find(MemoryDisk::Vice vice, std::initializer_list<Invariant> any_of) {
  unsigned found = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const Outcome outcome = run(vice, seed, false);
    for (const Invariant invariant : any_of) {
      if (outcome.findings.has(invariant)) {
        ++found;
        break;
      }
    }
  }
  return found;
}

TEST(Workload, DishonestDisksAreFoundOut) {
  EXPECT_GE(seeds_that_find(MemoryDisk::Vice::forgets_a_write,
                            {Invariant::no_lost_write, Invariant::no_resurrected_write}),
            5U);
  EXPECT_GE(seeds_that_find(MemoryDisk::Vice::replays_a_write,
                            {Invariant::no_lost_write, Invariant::no_resurrected_write}),
            1U);
  EXPECT_EQ(seeds_that_find(MemoryDisk::Vice::completes_twice, {Invariant::exactly_once}), 20U);
  EXPECT_EQ(seeds_that_find(MemoryDisk::Vice::completes_at_once, {Invariant::exactly_once}), 20U);
  EXPECT_EQ(seeds_that_find(MemoryDisk::Vice::flips_a_bit, {Invariant::no_corruption}), 20U);
}

}  // namespace
}  // namespace sim
