// The verifying load against a RAM device that can be told to misbehave: it must stay silent on a
// good device and name every kind of damage on a bad one.
#include "cli/verify/run.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <deque>
#include <functional>

namespace cli::verify {
namespace {

class FakeClock final : public base::Scheduler {
 public:
  uint64_t now_ns() const override { return now_ns_ += 1000; }
  void arm(base::Timer&, uint64_t) override { FAIL() << "the run arms no timers"; }
  void cancel(base::Timer&) override {}

 private:
  mutable uint64_t now_ns_ = 0;
};

// Completes requests in the order given, one per step(); `tamper` may spoil one before it is
// answered.
class RamDevice final : public mpio::BlockDevice {
 public:
  explicit RamDevice(size_t bytes) : store(bytes) { geometry_.size_bytes = bytes; }

  const mpio::Geometry& geometry() const override { return geometry_; }
  void submit(mpio::BlockRequest& request) override { queue_.push_back(&request); }

  bool step() {
    if (queue_.empty()) {
      return false;
    }
    mpio::BlockRequest& request = *queue_.front();
    queue_.pop_front();
    if (!tamper || !tamper(request)) {
      execute(request);
    }
    request.done(request);
    return true;
  }

  void execute(const mpio::BlockRequest& request) {
    uint8_t* at = store.data() + request.offset_bytes;
    for (const mpio::IoSlice& slice : request.slices) {
      if (request.op == mpio::BlockOp::write) {
        std::memcpy(at, slice.data, slice.size_bytes);
      } else {
        std::memcpy(slice.data, at, slice.size_bytes);
      }
      at += slice.size_bytes;
    }
  }

  std::vector<uint8_t> store;
  std::function<bool(mpio::BlockRequest&)> tamper;

 private:
  mpio::Geometry geometry_;
  std::deque<mpio::BlockRequest*> queue_;
};

class RunTest : public testing::Test {
 protected:
  static constexpr uint64_t kBlocks = 64;

  RunReport play(uint64_t requests) {
    Ledger ledger(42, kBlocks);
    RunOptions options;
    options.operation_limit = requests;
    verify::Run run(options, ledger, clock, {&device});
    bool finished = false;
    run.start([&] { finished = true; });
    while (device.step()) {
    }
    EXPECT_TRUE(finished);
    if (before_read_back) {
      before_read_back();
    }
    finished = false;
    run.read_back([&] { finished = true; });
    while (device.step()) {
    }
    EXPECT_TRUE(finished);
    return run.report();
  }

  bool found(const RunReport& report, Finding finding) {
    for (const DamageRecord& damage : report.damage) {
      if (damage.finding == finding) {
        return true;
      }
    }
    return false;
  }

  std::function<void()> before_read_back;
  FakeClock clock;
  RamDevice device{kBlocks * 4096};
};

TEST_F(RunTest, GoodDeviceIsClean) {
  const RunReport report = play(2000);
  EXPECT_EQ(report.damaged_blocks, 0u);
  EXPECT_EQ(report.io_errors, 0u);
  EXPECT_GT(report.blocks_written, 1000u);
  EXPECT_GT(report.blocks_verified, 1000u + kBlocks);
}

TEST_F(RunTest, SeesAWriteThatWasSwallowed) {
  int writes = 0;
  device.tamper = [&](mpio::BlockRequest& request) {
    return request.op == mpio::BlockOp::write && ++writes % 10 == 0;
  };
  const RunReport report = play(2000);
  EXPECT_GT(report.damaged_blocks, 0u);
}

TEST_F(RunTest, SeesAResurrectedWrite) {
  std::vector<uint8_t> old;
  int writes = 0;
  device.tamper = [&](mpio::BlockRequest& request) {
    if (request.op == mpio::BlockOp::write && ++writes == 50) {
      device.execute(request);
      old = device.store;
    }
    return false;
  };
  // The copies that hung on a frozen path land now, long after newer writes of the same blocks.
  before_read_back = [&] { device.store = old; };
  EXPECT_TRUE(found(play(900), Finding::resurrected));
}

TEST_F(RunTest, SeesAMisplacedWrite) {
  int writes = 0;
  device.tamper = [&](mpio::BlockRequest& request) {
    if (request.op == mpio::BlockOp::write && ++writes % 50 == 0) {
      request.offset_bytes = request.offset_bytes == 0 ? 4096 : request.offset_bytes - 4096;
    }
    return false;
  };
  EXPECT_TRUE(found(play(1500), Finding::misplaced));
}

TEST_F(RunTest, CountsErrorsAndAcceptsBothOutcomesOfAFailedWrite) {
  int writes = 0;
  device.tamper = [&](mpio::BlockRequest& request) {
    if (request.op == mpio::BlockOp::write && ++writes % 10 == 0) {
      if (writes % 20 == 0) {
        device.execute(request);  // it happened, and yet an error is reported
      }
      request.error = EIO;
      return true;
    }
    return false;
  };
  const RunReport report = play(2000);
  EXPECT_GT(report.io_errors, 50u);
  EXPECT_EQ(report.first_error, EIO);
  EXPECT_EQ(report.damaged_blocks, 0u);
}

}  // namespace
}  // namespace cli::verify
