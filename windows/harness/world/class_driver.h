// The driver above MPIO, as disk.sys is one: makes SCSI requests of the simulated client's, and
// sends those again that ended for a passing reason. Commands that a client has made itself go the
// same way; PERSISTENT RESERVE OUT as a command that is neither a read nor a write.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/prng.h"
#include "mpio/block_device.h"
#include "mpio/scsi_device.h"
#include "sim/clock.h"
#include "windows/harness/mpio.h"
#include "windows/harness/world/host_times.h"

namespace harness {

class ClassDriver final : public mpio::BlockDevice, public mpio::ScsiDevice {
 public:
  static constexpr unsigned kTries = 9;                   // of a request, the first one included
  static constexpr uint64_t kPauseNs = 2 * sim::kSecond;  // between two of them, at most

  ClassDriver(Mpio& mpio, sim::Clock& clock, const HostTimes& times, uint64_t seed);
  ~ClassDriver();

  // Asks for the size of the disk until there is an answer; then geometry() holds.
  void start();
  bool ready() const { return ready_; }
  size_t open() const { return open_; }

  const mpio::Geometry& geometry() const override { return geometry_; }
  void submit(mpio::BlockRequest& request) override;
  void submit(mpio::ScsiRequest& request) override;
  // The array itself answers for both.
  bool holds_unit() const override { return false; }
  uint16_t take_attention() override { return 0; }

 private:
  struct Job;

  Job& free_job();
  void prepare(Job& job, const mpio::BlockRequest& request);
  void send(Job& job);
  void on_ended(Job& job);
  void finish(Job& job);
  void take_size(const Job& job);
  static void answer(const Job& job);

  Mpio& mpio_;
  sim::Clock& clock_;
  const HostTimes& times_;
  base::Prng prng_;
  mpio::Geometry geometry_;
  bool ready_ = false;
  size_t open_ = 0;
  std::vector<std::unique_ptr<Job>> jobs_;
};

}  // namespace harness
