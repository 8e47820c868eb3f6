// The fabric's insides, shared by its two halves: fabric.cpp (pipes and the target's end) and
// sim_transport.cpp (the disk's end).
#pragma once

#include <algorithm>

#include "sim/fabric.h"

namespace sim {

// One TCP connection with its session, seen from both ends. The ends die separately. Kept until the
// fabric goes: late messages name it.
struct Fabric::Connection {
  Link* link = nullptr;
  bool host_end = true;     // the disk still has it open
  bool target_end = false;  // the target has a session on it
  NexusHandle nexus = 0;
  uint64_t last_out_ns = 0;  // arrival of the newest message of each pipe: they stay in order
  uint64_t last_in_ns = 0;
};

enum class Stage : uint8_t { idle, transit, held, frozen, service, executing };

struct Fabric::Message {
  void fire() { stage == Stage::service ? fabric->serve(*this) : fabric->arrive(*this); }

  Fabric* fabric = nullptr;
  Connection* connection = nullptr;
  Kind kind = Kind::nop;
  Stage stage = Stage::idle;
  mpio::TransportCommand* command = nullptr;  // null when the disk has taken it back
  mpio::LinkResult result = mpio::LinkResult::ok;
  TargetTask task;
  base::MemberTimer<&Message::fire> timer{*this};
};

// The disk's end of one link.
class SimTransport final : public mpio::Transport {
 public:
  SimTransport(Fabric& fabric, Fabric::Link& link, uint32_t number);

  void set_handler(mpio::TransportHandler& handler) override { handler_ = &handler; }
  void start_login() override;
  void submit(mpio::TransportCommand& command) override;
  bool send_nop() override;
  void drop() override;
  void logout() override;
  std::string_view name() const override { return name_; }

 private:
  friend class Fabric;
  enum class State : uint8_t { down, logging_in, up, logging_out };

  void breach(const char* what);
  void hand_back(mpio::TransportCommand& command, mpio::Delivery delivery);
  void hand_back_all(mpio::Delivery delivery);
  void hand_back_unsent();
  // From the fabric.
  void on_login_reply(mpio::LinkResult result);
  void on_reply(mpio::TransportCommand& command, const TargetTask& task);
  void on_closed(mpio::LinkResult result);
  void on_nop_reply();

  Fabric& fabric_;
  Fabric::Link& link_;
  uint32_t number_;
  uint32_t shown_number_;
  std::string name_;
  mpio::TransportHandler* handler_ = nullptr;
  State state_ = State::down;
  Fabric::Connection* connection_ = nullptr;
  bool nop_outstanding_ = false;
  std::vector<mpio::TransportCommand*> outstanding_;
  std::vector<mpio::TransportCommand*> unsent_;
  base::MemberTimer<&SimTransport::hand_back_unsent> unsent_timer_{*this};
};

struct Fabric::Link {
  Link(Fabric& fabric, uint32_t number, uint32_t path_number, uint32_t lane_number)
      : path(path_number), lane(lane_number), transport(fabric, *this, number) {}

  uint32_t path;
  uint32_t lane;
  LinkFaults faults;
  std::vector<std::unique_ptr<Connection>> connections;
  std::deque<Message*> held_out;  // behind a black hole
  std::deque<Message*> held_in;
  std::deque<Message*> frozen;  // arrived at a target that does not read
  SimTransport transport;
};

}  // namespace sim
