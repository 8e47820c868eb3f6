// Cluster software on one host: registers and reserves with raw SCSI through the host's disk, one
// command at a time, and writes to blocks that nothing but the reservation guards. It believes what
// it is told and no more; in the end the array's registrations must be what it believes.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "mpio/scsi_device.h"
#include "sim/actor.h"
#include "sim/checkers/reservation_judge.h"
#include "sim/world.h"

namespace sim {

struct ClusterNodeConfig {
  uint32_t host = 0;
  // Registered paths are this device's affair: what is told of one is true of all in service.
  bool is_multipath = true;
  std::function<bool(uint32_t path)> in_service = [](uint32_t) { return true; };
  // How often the device has had no path at all: it then knows nothing of reservations any more.
  std::function<uint32_t()> times_without_paths = [] { return 0U; };
  // Gives all up in the end, so that everybody may read.
  bool clears_up = false;
};

class ClusterNode final : public Actor {
 public:
  ClusterNode(World& world, mpio::ScsiDevice& device, ClusterNodeConfig config);
  ~ClusterNode() override { world_.clock.cancel(pause_timer_); }

  // Whose key is preempted.
  void set_other(const ClusterNode* other) { other_ = other; }

  void perform(const Deed& deed) override;
  void settle() override { queue_.clear(); }
  std::string busy() const override;
  bool at_rest() const override { return left_ || wrong().empty(); }
  void judge() override;
  void leave() override;
  void judge_medium() override;

 private:
  void next();
  bool begin(const Deed& deed);
  void send_reserve(scsi::ReserveOutAction action, uint64_t key, uint64_t service_action_key,
                    scsi::ReservationType type);
  void write_guarded();
  void on_done();
  void on_answer();
  void on_written();
  std::string wrong() const;
  std::string wrong_registrations() const;
  std::string wrong_reservation() const;
  bool knows_its_key() const;
  void forget_if_the_device_did();
  ReservationJudge& judge_of_world() const { return *world_.reservations; }

  World& world_;
  mpio::ScsiDevice& device_;
  const ClusterNodeConfig config_;
  const ClusterNode* other_ = nullptr;
  base::Prng prng_;

  // What it was told. Not sure: nobody knows whether the last command was executed.
  uint64_t key_ = 0;
  uint64_t last_key_ = 0;  // the last that it has tried to register
  bool key_is_sure_ = true;
  scsi::ReservationType type_ = scsi::ReservationType::none;
  bool type_is_sure_ = true;

  uint32_t times_without_paths_ = 0;

  std::deque<Deed> queue_;
  bool open_ = false;
  bool left_ = false;
  bool leaving_ = false;
  uint32_t tries_left_ = 0;
  uint32_t registrations_ = 0;
  uint32_t writes_left_ = 0;
  WriteId write_id_ = 0;
  scsi::ReserveOutCommand command_;
  uint64_t new_key_ = 0;
  mpio::ScsiRequest request_;
  mpio::IoSlice slice_;
  std::vector<uint8_t> buffer_;
  base::MemberTimer<&ClusterNode::leave> pause_timer_{*this};  // before leaving is tried again
};

}  // namespace sim
