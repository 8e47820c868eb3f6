// The disk's client: seeded reads, writes, rewrites of what was just written, flushes, trims and
// zeroes on a few hot ranges, in bursts, with every block stamped and every answer judged.
//
// What goes wrong here is said through Findings: completions that come twice or from inside
// submit(), data that may not show, errors that the judge of failures does not accept.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/prng.h"
#include "mpio/block_device.h"
#include "sim/checkers/block_history.h"
#include "sim/clock.h"
#include "sim/findings.h"
#include "sim/stalls.h"
#include "sim/timeline.h"

namespace sim {

struct WorkloadConfig {
  uint64_t seed = 0;
  uint32_t requests = 200;
  uint32_t depth = 8;
  uint32_t max_blocks = 8;
  uint32_t hot_ranges = 4;
  uint64_t hot_blocks = 16;      // per hot range
  uint64_t first_block = 0;      // the ranges lie from here on ...
  uint64_t blocks = 0;           // ... in so many; 0: all
  bool overlap_in_time = false;  // writes of one block may be in flight together
  uint32_t burst = 16;           // requests without a pause
  uint64_t max_pause_ns = 400 * kMillisecond;
  // Weights.
  uint32_t reads = 4;
  uint32_t writes = 8;
  uint32_t rewrites = 6;
  uint32_t flushes = 1;
  uint32_t trims = 1;
  uint32_t zeroes = 1;
};

struct FailedRequest {
  mpio::BlockOp op = mpio::BlockOp::read;
  uint64_t first_block = 0;
  uint64_t blocks = 0;
  int error = 0;
  uint64_t submitted_ns = 0;
  uint64_t failed_ns = 0;
};
// Decides whether a request may have failed; says so in Findings if not.
class FailureJudge {
 public:
  virtual void judge(const FailedRequest& request) = 0;

 protected:
  ~FailureJudge() = default;
};

class Workload {
 public:
  Workload(const WorkloadConfig& config, Clock& clock, mpio::BlockDevice& device,
           FailureJudge& judge, BlockHistory& history, Findings& findings, Timeline& timeline);
  ~Workload();

  void start();
  // No new requests from now on.
  void stop();
  // Every request was issued, or stop() was called, and all are back.
  bool idle() const { return outstanding_ == 0 && !issuing() && read_back_queue_.empty(); }
  bool issuing() const { return !stopped_ && issued_ < config_.requests; }
  // Goes on with more requests, as many as `requests`.
  void resume(uint32_t requests);

  uint32_t issued() const { return issued_; }
  uint32_t outstanding() const { return outstanding_; }
  uint32_t failed() const { return failed_; }
  // Submission time of the request open for longest; UINT64_MAX when none is.
  uint64_t oldest_open_ns() const;
  const Stalls& stalls() const { return stalls_; }

  // Reads all hot ranges through the disk once; idle() tells when it is done. Errors count as
  // failures.
  void read_back();
  // Every block that any request may touch, for checks past the disk.
  std::vector<uint64_t> blocks_in_use() const;

 private:
  struct Slot;

  void tick();
  void issue(Slot& slot);
  bool choose(Slot& slot);
  void send(Slot& slot);
  void on_done(Slot& slot);
  void check_data(const Slot& slot);
  Slot* free_slot();

  WorkloadConfig config_;
  Clock& clock_;
  mpio::BlockDevice& device_;
  FailureJudge& judge_;
  BlockHistory& history_;
  Findings& findings_;
  Timeline& timeline_;
  base::Prng prng_;
  base::MemberTimer<&Workload::tick> tick_timer_{*this};
  std::vector<std::unique_ptr<Slot>> slots_;
  std::vector<uint64_t> hot_starts_;
  std::vector<uint64_t> read_back_queue_;  // first blocks still to read
  Stalls stalls_;
  uint64_t next_request_ = 0;
  uint64_t last_write_block_ = UINT64_MAX;
  uint64_t last_write_count_ = 0;
  uint32_t issued_ = 0;
  uint32_t in_burst_ = 0;
  uint32_t outstanding_ = 0;
  uint32_t failed_ = 0;
  bool stopped_ = true;
};

}  // namespace sim
