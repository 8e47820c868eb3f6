// A host without multipath software: one session at a time, at the first of the array's ports that
// answers, without a network in between. What it asks is executed at once.
#pragma once

#include <vector>

#include "array/array.h"
#include "mpio/scsi_device.h"
#include "sim/array_target.h"
#include "sim/clock.h"

namespace sim {

class DirectInitiator final : public mpio::ScsiDevice {
 public:
  static constexpr const char* kName = "iqn.2026-11.dev.dsmkit:direct";

  DirectInitiator(array::Array& array, Clock& clock, TaskObserver& observer, uint32_t host)
      : array_(array), clock_(clock), observer_(observer), host_(host) {}
  ~DirectInitiator();

  void submit(mpio::ScsiRequest& request) override;
  // The array itself answers for both.
  bool holds_unit() const override { return false; }
  uint16_t take_attention() override { return 0; }

 private:
  struct Session final : array::NexusOwner {
    void on_nexus_ended(array::NexusEnd) override { nexus = nullptr; }
    array::Nexus* nexus = nullptr;
  };

  bool log_in();
  void execute(mpio::ScsiRequest& request);
  void answer();

  array::Array& array_;
  Clock& clock_;
  TaskObserver& observer_;
  uint32_t host_;
  Session session_;
  std::vector<mpio::ScsiRequest*> ended_;
  base::MemberTimer<&DirectInitiator::answer> timer_{*this};
};

}  // namespace sim
