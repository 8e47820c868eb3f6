// The real disk in the simulated world: mpio::Disk with the DSM over the fabric's transports.
#pragma once

#include <memory>

#include "mpio/disk.h"
#include "sim/host.h"

namespace sim {

class MpioHost final : public Host, private mpio::DiskObserver {
 public:
  // `believes_at_once` plants a fault: the disk takes a given-up write for dead after 1 ms.
  MpioHost(HostClock& clock, Fabric& fabric, Timeline& timeline, uint32_t paths,
           dsm::PolicyId policy, uint64_t seed, bool believes_at_once);

  mpio::BlockDevice& device() override { return *disk_; }
  mpio::Disk& disk() { return *disk_; }
  const HostLimits& limits() const override { return limits_; }
  void start() override;
  bool ready() const override { return ready_; }
  bool path_in_service(uint32_t path) const override;
  std::string unrest() const override { return disk_->unrest(); }
  std::string text() const override;

 private:
  void on_path_state(unsigned path, mpio::PathState before, mpio::PathState after,
                     const std::string& why) override;
  void on_note(const std::string& text) override;

  HostClock& clock_;
  Timeline& timeline_;
  HostLimits limits_;
  bool ready_ = false;
  std::string start_error_;
  std::unique_ptr<mpio::Disk> disk_;
};

}  // namespace sim
