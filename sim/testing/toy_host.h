// The smallest multipath disk that keeps every promise the judges check - and, on request, breaks
// exactly one of them. With it the world, its faults and its judges are tested without mpio/ and
// dsm/: an honest toy must pass every seed, each dishonest one must be found out.
//
// It knows no access states: worlds for it are symmetric.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <vector>

#include "sim/host.h"

namespace sim {

enum class Vice : uint8_t {
  none,
  ignores_unsettled,  // sends a newer write while an older one may still execute
  swallows_errors,    // says success when a request has run out of time
  retries_for_ever,   // never fails a request
  no_backoff,         // tries again at once, always
  completes_twice,
  forgets_a_path,  // never logs in again
};
inline constexpr unsigned kVices = 7;
const char* name_of(Vice vice);

class ToyHost final : public Host, public mpio::BlockDevice {
 public:
  ToyHost(HostClock& clock, Fabric& fabric, uint32_t paths, uint64_t blocks, Vice vice);
  ~ToyHost() override;

  mpio::BlockDevice& device() override { return *this; }
  const HostLimits& limits() const override { return limits_; }
  void start() override;
  bool ready() const override;
  bool path_in_service(uint32_t path) const override;
  std::string unrest() const override;

  const mpio::Geometry& geometry() const override { return geometry_; }
  void submit(mpio::BlockRequest& request) override;

 private:
  struct Path;
  struct Job;
  struct Unsettled {
    const Path* path;
    uint64_t job;
    uint64_t lba;
    uint64_t blocks;
    uint64_t since_ns;
  };

  void pump();
  void build(Job& job);
  bool held_back(const Job& job) const;
  Path* choose();
  void on_back(Path& path, Job& job);
  void finish(Job& job, int error);
  void settle(const Path& path);

  HostClock& clock_;
  HostLimits limits_;
  mpio::Geometry geometry_;
  Vice vice_;
  std::vector<std::unique_ptr<Path>> paths_;
  std::deque<std::unique_ptr<Job>> jobs_;
  std::vector<Unsettled> unsettled_;
  base::MemberTimer<&ToyHost::pump> pump_timer_{*this};
  uint64_t next_job_ = 1;
  uint64_t no_path_since_ns_ = 0;
  uint32_t next_path_ = 0;
  uint64_t finished_ = 0;
};

}  // namespace sim
