// Another host at the same array: a multipath disk of its own, over links of its own, with a load
// on blocks of its own and judges of its own. A port's faults are this host's too where the fault
// plan says so, a controller's always.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mpio/disk.h"
#include "sim/actor.h"
#include "sim/world.h"

namespace sim {

class SecondHost final : public Actor, private FailureJudge {
 public:
  SecondHost(World& world, const mpio::DiskConfig& config);
  ~SecondHost() override;

  mpio::Disk& disk() { return *disk_; }
  bool in_service(uint32_t path) const;

  void bring_up() override;
  bool ready() const override;
  void start() override { workload_.start(); }
  void perform(const Deed&) override {}
  void settle() override { workload_.stop(); }
  std::string busy() const override;
  bool at_rest() const override { return all_in_service() && disk_->unrest().empty(); }
  void judge() override;
  void judge_medium() override;

  static constexpr uint32_t kNumber = 1;
  static constexpr const char* kName = "iqn.2026-11.dev.dsmkit:second";

 private:
  bool all_in_service() const;
  void judge(const FailedRequest& request) override;

  World& world_;
  ArrayTarget target_;
  Fabric fabric_;
  PathHealth health_;
  BlockHistory history_;
  HostClock loop_;
  WireJudge wire_;
  std::unique_ptr<mpio::Disk> disk_;
  Workload workload_;
  bool started_ = false;
};

}  // namespace sim
