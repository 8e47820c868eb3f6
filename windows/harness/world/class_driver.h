// The driver above MPIO, as disk.sys is one: makes SCSI requests of the simulated client's, and
// sends those again that ended for a passing reason.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/prng.h"
#include "mpio/block_device.h"
#include "sim/clock.h"
#include "windows/harness/mpio.h"
#include "windows/harness/world/host_times.h"

namespace harness {

class ClassDriver final : public mpio::BlockDevice {
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

 private:
  struct Job;

  Job& free_job();
  void prepare(Job& job, const mpio::BlockRequest& request);
  void send(Job& job);
  void on_ended(Job& job);
  void finish(Job& job);
  void take_size(const Job& job);

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
