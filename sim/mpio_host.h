// The real disk in the simulated world: mpio::Disk with the DSM over the fabric's transports, with
// as many lanes as the fabric has.
#pragma once

#include <memory>
#include <vector>

#include "mpio/disk.h"
#include "sim/host.h"
#include "sim/world.h"

namespace sim {

struct MpioHostOptions {
  dsm::PolicyId policy = dsm::PolicyId::round_robin;
  mpio::DiskConfig disk;          // everything else; the policy is the one above
  bool believes_at_once = false;  // a planted fault: a given-up write counts as dead after 1 ms
};

class MpioHost final : public Host, private mpio::DiskObserver {
 public:
  MpioHost(World& world, const MpioHostOptions& options);
  ~MpioHost() override;

  // Requests go to the lanes at random, as those of many NBD connections do.
  mpio::BlockDevice& device() override;
  mpio::Disk& disk() { return *disk_; }
  const HostLimits& limits() const override { return limits_; }
  void start() override;
  bool ready() const override { return ready_; }
  bool path_in_service(uint32_t path) const override;
  std::string unrest() const override { return disk_->unrest(); }
  std::string text() const override;

 private:
  class AllLanes;

  void on_path_state(unsigned path, mpio::PathState before, mpio::PathState after,
                     const std::string& why) override;
  void on_note(const std::string& text) override;

  Clock& clock_;
  Timeline& timeline_;
  HostLimits limits_;
  bool ready_ = false;
  std::string start_error_;
  std::vector<std::unique_ptr<HostClock>> other_threads_;  // of the lanes after the first
  std::unique_ptr<mpio::Disk> disk_;
  std::unique_ptr<AllLanes> all_lanes_;
};

}  // namespace sim
