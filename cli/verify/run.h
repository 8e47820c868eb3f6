// The verifying load: versioned blocks, hot ranges, overlapping rewrites, reads that are judged at
// once. It keeps `queue_depth` requests going on a block device (or several connections to the same
// one) until it is stopped, then reads everything back. See ledger.h for what counts as damage.
//
// Threads: everything on the scheduler's loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/prng.h"
#include "base/scheduler.h"
#include "cli/verify/ledger.h"
#include "mpio/block_device.h"

namespace cli::verify {

struct RunOptions {
  uint64_t first_byte = 0;         // where the verified range begins on the device
  uint32_t block_bytes = 4096;     // a multiple of 512 and of the device's logical block
  uint32_t max_extent_blocks = 8;  // a request covers 1 .. this many blocks
  uint32_t queue_depth = 16;
  uint32_t write_percent = 60;
  uint32_t hot_percent = 75;     // requests that go to the hot eighth of the blocks
  uint64_t operation_limit = 0;  // stop by itself after so many requests; 0: until stop()
};

struct DamageRecord {
  uint64_t block = 0;
  Finding finding = Finding::ok;
  BlockContent content;
  uint64_t expected_version = 0;
};

struct RunReport {
  uint64_t blocks_written = 0;   // acknowledged
  uint64_t blocks_verified = 0;  // read and judged
  uint64_t requests = 0;
  uint64_t io_errors = 0;
  int first_error = 0;  // errno of the first
  uint64_t damaged_blocks = 0;
  std::vector<DamageRecord> damage;  // the first 16
};

// One finished request, for whoever draws timelines.
struct RequestTrace {
  bool write = false;
  uint64_t issued_ns = 0;
  uint64_t finished_ns = 0;
  int error = 0;
};

class Run {
 public:
  // The devices must outlive the run and be views of one disk. The ledger says how many blocks
  // there are.
  Run(const RunOptions& options, Ledger& ledger, base::Scheduler& scheduler,
      std::vector<mpio::BlockDevice*> devices);
  ~Run();

  std::function<void(const RequestTrace&)> on_request;

  // Keeps the load up; `finished` is called once, when stopped (or at the limit) and all requests
  // have come back.
  void start(std::function<void()> finished);
  void stop();

  // Reads every block once and judges it. Only when no load runs. `finished` as above.
  void read_back(std::function<void()> finished);

  const RunReport& report() const { return report_; }

 private:
  enum class Mode : uint8_t { idle, load, read_back };
  struct Request;

  void pump();
  bool next_extent(Request& request);
  void launch(Request& request);
  void finish(Request& request);
  void judge(Request& request);
  void note(uint64_t block, uint64_t floor, const BlockContent& content);
  static void on_done(mpio::BlockRequest& block_request);

  RunOptions options_;
  Ledger& ledger_;
  base::Scheduler& scheduler_;
  std::vector<mpio::BlockDevice*> devices_;
  base::Prng prng_;
  Mode mode_ = Mode::idle;
  bool stopping_ = false;
  bool pumping_ = false;
  uint64_t read_back_next_ = 0;
  uint32_t in_flight_ = 0;
  size_t next_device_ = 0;
  std::vector<std::unique_ptr<Request>> requests_;
  std::vector<Request*> idle_;
  std::function<void()> finished_;
  RunReport report_;
};

// Judges the blocks straight from a file (an array's backing store), past every path and cache.
// False when the file cannot be read; `error` says why. Findings are added to `report`.
bool check_file(const std::string& path, const RunOptions& options, Ledger& ledger,
                RunReport& report, std::string& error);

}  // namespace cli::verify
