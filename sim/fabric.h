// The network between the disk and the array: per path one link for each of the disk's lanes, each
// a pair of first-in-first-out pipes with everything that goes wrong in real ones.
//
// What matters most is kept exact: *where a command is when its connection dies*. A command still
// on the wire behind a black hole is lost. A command that has arrived at a frozen target waits
// there, together with the reset that followed it, and may be executed at the thaw before the reset
// is noticed. A reset that is lost leaves the session at the target alive, with all its commands,
// until the same initiator port logs in again.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "base/prng.h"
#include "mpio/transport.h"
#include "sim/clock.h"
#include "sim/findings.h"
#include "sim/target.h"
#include "sim/timeline.h"

namespace sim {

// Who listens to what the disk does on the wire. Called at the moment it happens. A link is one
// session of one lane: lane * paths + path.
class WireObserver {
 public:
  virtual void on_login_started(uint32_t link) = 0;
  virtual void on_logged_in(uint32_t link) = 0;
  virtual void on_sent(uint32_t link, const mpio::TransportCommand& command) = 0;
  // Handed back: look at `delivery`.
  virtual void on_back(uint32_t link, const mpio::TransportCommand& command) = 0;

 protected:
  ~WireObserver() = default;
};

struct FabricConfig {
  uint64_t seed = 0;
  uint32_t paths = 2;
  uint32_t lanes = 1;
  uint64_t latency_ns = 50 * kMicrosecond;  // one way, at least
  uint64_t jitter_ns = 50 * kMicrosecond;
  uint64_t service_ns = 100 * kMicrosecond;  // at the target, at most
  uint64_t login_ns = kMillisecond;          // at most, on top of the way there and back
  uint32_t lost_reset_percent = 10;          // resets sent by the disk that never arrive
  bool parses_dead_connections = true;       // a thawed target reads what came before the reset
  uint32_t first_link_name = 0;              // in timelines
};

// Switches of one path's links, turned by the fault plan.
struct LinkFaults {
  uint32_t drop_requests_percent = 0;
  uint32_t drop_replies_percent = 0;
  uint64_t extra_delay_ns = 0;
  bool refuse_logins = false;
  bool hole_out = false;
  bool hole_in = false;
  bool frozen = false;
  bool silent = false;  // the target's port says nothing, not even that nobody listens
};

class SimTransport;

class Fabric final : public TaskSink {
 public:
  Fabric(const FabricConfig& config, Clock& clock, Target& target, Findings& findings,
         Timeline& timeline);
  ~Fabric();

  mpio::Transport& transport(uint32_t path, uint32_t lane = 0);
  uint32_t lanes() const { return config_.lanes; }
  void set_observer(WireObserver* observer) { observer_ = observer; }

  const LinkFaults& faults(uint32_t path) const;
  // Changes take effect at once: the end of a black hole or of a freeze lets go what waited.
  void set_faults(uint32_t path, const LinkFaults& faults);
  // The network resets whatever connections the path has - or only one lane's.
  void reset(uint32_t path);
  void reset(uint32_t path, uint32_t lane);
  // The target's end of all connections of the path is gone. `notify`: the disk hears a reset, else
  // silence.
  void target_died(uint32_t path, bool notify);

  // The limits of both ends for a dead connection have passed: what the disk has given up down this
  // path is not under way any more, and its sessions at the target have ended. For hosts whose
  // transport waits for that before it gives a command back.
  void expire(uint32_t path);

  // Messages not yet delivered nor lost.
  size_t in_transit() const { return live_messages_; }
  uint64_t late_executions() const { return late_executions_; }

  // Test-only: what the mutants test breaks on purpose.
  struct Sabotage {
    bool execute_twice = false;  // a write is executed again 2 s later
    bool fresh_isid = false;  // a login does not reinstate: the old session lives on at the target
  };
  Sabotage sabotage;

  // TaskSink.
  void on_task_done(TargetTask& task) override;

 private:
  friend class SimTransport;
  struct Connection;
  struct Message;
  struct Link;
  enum class Kind : uint8_t {
    login,
    command,
    nop,
    reset,
    logout,
    login_reply,
    reply,
    nop_reply,
    closed
  };

  static bool is_outbound(Kind kind) { return kind <= Kind::logout; }
  Message& send(Connection& connection, Kind kind);
  void arrive(Message& message);
  void receive_outbound(Message& message);
  void process(Message& message, bool at_once);
  void process_login(Message& message);
  void serve(Message& message);
  void receive_inbound(Message& message);
  Link& link_of(uint32_t path, uint32_t lane) const { return *links_[lane * config_.paths + path]; }
  void set_link_faults(Link& link, const LinkFaults& faults);
  void end_target_side(Link& link, bool notify);
  void forget_dead(std::deque<Message*>& waiting);
  void thaw(Link& link);
  void release(std::deque<Message*>& held);
  void travel(Message& message);
  void discard(Message& message);
  void close_target_side(Connection& connection);
  uint64_t transit_ns(const Link& link);

  FabricConfig config_;
  Clock& clock_;
  Target& target_;
  Findings& findings_;
  Timeline& timeline_;
  WireObserver* observer_ = nullptr;
  base::Prng prng_;
  std::vector<std::unique_ptr<Link>> links_;
  std::vector<std::unique_ptr<Message>> messages_;
  std::vector<Message*> free_;
  size_t live_messages_ = 0;
  uint64_t late_executions_ = 0;
  uint32_t salt_ = 0;
};

}  // namespace sim
