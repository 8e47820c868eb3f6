// A port driver over the simulated network: one session per path, requests with time limits, logins
// again and again.
//
// What it promises, and on what the layers above have to rely (docs/late-writes.md): a request ends
// without an answer only when it cannot be executed any more. So when the link is lost, or a
// request runs out of time and the session is torn down for it, what was outstanding waits until
// the next login has ended the old session - or until the link-down time is over, which is longer
// than what the target and the network keep of a dead session.
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "base/prng.h"
#include "mpio/transport.h"
#include "sim/fabric.h"
#include "windows/harness/port_device.h"
#include "windows/harness/world/host_times.h"

namespace harness {

class FabricPort;

class PortOwner {
 public:
  // A session is there (again).
  virtual void on_port_up(FabricPort& port) = 0;
  // The link-down time is over: there is no device behind this port any more.
  virtual void on_port_gone(FabricPort& port) = 0;

 protected:
  ~PortOwner() = default;
};

class FabricPort final : public PortDevice, mpio::TransportHandler {
 public:
  FabricPort(sim::Fabric& fabric, sim::Clock& clock, uint32_t path, const HostTimes& times,
             uint64_t seed, PortOwner& owner);
  ~FabricPort();

  // Logs in, and does so again whenever the link is lost.
  void start();
  // Ends the session; nothing may be open.
  void stop();
  uint32_t path() const { return path_; }
  bool is_up() const { return state_ == State::up; }
  bool is_gone() const { return gone_; }
  // Requests that have not ended.
  size_t open() const { return held_.size() + outstanding_.size() + lost_.size() + failing_; }
  std::string text() const;

  // Planted fault: what is lost ends at once, though it may still be executed.
  bool forgets_fence = false;

  SCSI_ADDRESS address() const override;
  NTSTATUS pass_through(SCSI_PASS_THROUGH_DIRECT& request) override;
  std::vector<uint8_t> identifiers() override;

 private:
  struct Job;
  enum class State : uint8_t { down, logging_in, up };
  using Jobs = std::deque<Job*>;

  void begin(IRP* irp) override;
  void take(Job& job);
  void send(Job& job);
  void on_limit(Job& job);
  void end_unanswered(Job& job);
  void fail_later(Job& job);
  void fail_all(Jobs& jobs);
  void login();
  void on_login_limit();
  void on_link_down_limit();
  void link_is_down();

  void on_login_done(mpio::LinkResult result, std::string_view detail) override;
  void on_command_done(mpio::TransportCommand& command) override;
  void on_link_lost(mpio::LinkResult result, std::string_view detail) override;
  void on_heard() override {}

  sim::Fabric& fabric_;
  sim::Clock& clock_;
  mpio::Transport& transport_;
  uint32_t path_;
  const HostTimes& times_;
  PortOwner& owner_;
  base::Prng prng_;
  State state_ = State::down;
  bool gone_ = false;
  Jobs held_;         // not sent yet
  Jobs outstanding_;  // at the target, or under way
  Jobs lost_;         // may still be executed
  size_t failing_ = 0;
  base::MemberTimer<&FabricPort::login> login_timer_{*this};
  base::MemberTimer<&FabricPort::on_login_limit> login_limit_{*this};
  base::MemberTimer<&FabricPort::on_link_down_limit> link_down_limit_{*this};
};

}  // namespace harness
