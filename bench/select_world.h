// What the measurements of the DSM's I/O path share: a LUN without ALUA, its paths, and a load that
// keeps commands under way.
#pragma once

#include <array>
#include <memory>

#include "dsm/module.h"

namespace bench {

inline constexpr unsigned kLanes = 2;

class World {
 public:
  // `paths`: 1..32, all of them active; their weights are equal.
  World(dsm::PolicyId policy, unsigned paths) {
    config_.default_policy = policy;
    config_.lane_count = kLanes;
    claim_.refusal = dsm::ClaimRefusal::none;
    claim_.identity.size = 8;
    for (uint32_t id = 1; id <= paths; ++id) {
      const dsm::Arrival arrival{.claim = &claim_,
                                 .spare_lun_id = 1,
                                 .spare_lun = id == 1 ? lun_.get() : nullptr,
                                 .lanes = lanes_.data(),
                                 .path = &paths_[id - 1],
                                 .nexus = &nexuses_[id - 1],
                                 .nexus_name = "bench"};
      on(dsm::event::nexus_arrived(1, id, id, arrival));
      on(dsm::event::of_nexus(dsm::EventKind::nexus_activated, 1, id));
    }
  }
  dsm::Lun& lun() { return *lun_; }

 private:
  void on(const dsm::Event& event) {
    actions_.clear();
    module_.on(event, actions_);
  }

  dsm::Config config_;
  dsm::ClaimResult claim_;
  dsm::Actions actions_;
  std::unique_ptr<dsm::Lun> lun_ = std::make_unique<dsm::Lun>();
  std::array<dsm::Lane, kLanes> lanes_;
  std::array<dsm::Path, dsm::kMaxPathsPerLun> paths_;
  std::array<dsm::Nexus, dsm::kMaxPathsPerLun> nexuses_;
  dsm::Module module_{config_};
};

// Random reads of 4 KiB to 32 KiB, known in advance so that making them up costs nothing.
class Shapes {
 public:
  Shapes() {
    uint32_t random = 1;
    for (dsm::Shape& shape : shapes_) {
      random = random * 1664525 + 1013904223;
      shape = {.lba = random >> 4, .bytes = (1 + (random >> 29)) * 4096, .is_read = true};
    }
  }
  const dsm::Shape& next() { return shapes_[at_++ % shapes_.size()]; }

 private:
  std::array<dsm::Shape, 256> shapes_;
  unsigned at_ = 0;
};

}  // namespace bench
