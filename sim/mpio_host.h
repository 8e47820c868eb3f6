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
  mpio::DiskConfig disk;  // everything else; the policy is the one above
  // Planted faults.
  bool believes_at_once = false;   // a given-up write counts as dead after 1 ms
  bool ignores_fail = false;       // a path that is to be out of use stays in use
  bool retries_conflicts = false;  // RESERVATION CONFLICT counts as a failure of the path
  bool ignores_removal = false;    // a path that is to be removed stays
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

  // What is done to the paths while the disk runs. `path` is the fabric's.
  bool has_path(uint32_t path) const { return paths_[path].number != mpio::Disk::kNoPath; }
  // Commands may be sent down it, as far as people are concerned.
  bool is_wanted(uint32_t path) const { return has_path(path) && !paths_[path].failed; }
  // It is wanted, and commands may be sent down it now.
  bool is_up(uint32_t path) const {
    return is_wanted(path) && disk_->path_state(number_of(path)) == mpio::PathState::up;
  }
  // The disk's number of it.
  unsigned number_of(uint32_t path) const { return paths_[path].number; }
  bool has_failed(uint32_t path) const { return paths_[path].failed; }
  bool is_leaving() const;
  uint32_t times_without_paths() const { return times_without_paths_; }
  void fail_path(uint32_t path);
  void reinstate_path(uint32_t path);
  void remove_path(uint32_t path);
  void add_path(uint32_t path);

 private:
  class AllLanes;

  void on_path_state(unsigned path, mpio::PathState before, mpio::PathState after,
                     const std::string& why) override;
  void on_note(const std::string& text) override;

  struct PathUse {
    unsigned number = mpio::Disk::kNoPath;
    bool failed = false;  // out of use; stays so when the path leaves and comes
    bool coming = false;
    bool leaving = false;  // and not gone yet
  };
  std::vector<mpio::Transport*> transports(uint32_t path) const;
  void tell_use(uint32_t path);

  World& world_;
  Clock& clock_;
  Timeline& timeline_;
  const MpioHostOptions options_;
  HostLimits limits_;
  std::vector<PathUse> paths_;
  uint32_t times_without_paths_ = 0;
  bool ready_ = false;
  std::string start_error_;
  std::vector<std::unique_ptr<HostClock>> other_threads_;  // of the lanes after the first
  std::unique_ptr<mpio::Disk> disk_;
  std::unique_ptr<AllLanes> all_lanes_;
};

}  // namespace sim
