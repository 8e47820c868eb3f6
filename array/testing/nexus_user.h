// For tests: an initiator port that is logged in to an array and runs tasks, without any transport.
#pragma once

#include <list>
#include <optional>
#include <string>
#include <vector>

#include "array/array.h"
#include "scsi/sense.h"

namespace array::testing {

class NexusUser final : public NexusOwner {
 public:
  struct Run {
    Task task;
    std::vector<uint8_t> data_out;
    bool done = false;

    uint8_t status() const { return task.status; }
    scsi::Sense sense() const { return scsi::decode_sense({task.sense.data(), task.sense_bytes}); }
    // Key, ASC and ASCQ as one number: 0x062a06.
    uint32_t code() const {
      const scsi::Sense decoded = sense();
      return uint32_t{decoded.key} << 16 | uint32_t{decoded.asc} << 8 | decoded.ascq;
    }
  };

  NexusUser(Array& array, unsigned port, std::string name = "iqn.2026-11.test:host")
      : array_(array) {
    nexus_ = array_.login(port, {std::move(name), {0x80, 0, 0, 0, 0, 1}}, *this);
  }
  ~NexusUser() {
    if (nexus_ != nullptr) {
      array_.drop(*nexus_);
    }
  }
  NexusUser(const NexusUser&) = delete;
  NexusUser& operator=(const NexusUser&) = delete;

  bool logged_in() const { return nexus_ != nullptr; }
  Nexus& nexus() { return *nexus_; }
  const std::optional<NexusEnd>& ended() const { return ended_; }

  // Stays valid as long as this object.
  Run& run(const scsi::Cdb& cdb, std::vector<uint8_t> data_out = {}, uint64_t lun = 0) {
    Run& run = runs_.emplace_back();
    run.data_out = std::move(data_out);
    run.task.nexus = nexus_;
    run.task.lun = lun << 48;
    run.task.cdb = cdb;
    run.task.tag = runs_.size();
    run.task.data_out = run.data_out;
    run.task.owner = &run;
    run.task.done = [](Task& task) { static_cast<Run*>(task.owner)->done = true; };
    array_.submit(run.task);
    return run;
  }
  // Takes the unit attentions of a LUN; returns their codes in order.
  std::vector<uint16_t> take_attentions(uint64_t lun = 0) {
    std::vector<uint16_t> codes;
    for (AttentionQueue& queue = nexus_->attentions[lun]; !queue.empty(); queue.pop()) {
      codes.push_back(queue.front());
    }
    return codes;
  }

  void on_nexus_ended(NexusEnd reason) override {
    nexus_ = nullptr;
    ended_ = reason;
  }

 private:
  Array& array_;
  Nexus* nexus_ = nullptr;
  std::optional<NexusEnd> ended_;
  std::list<Run> runs_;
};

}  // namespace array::testing
