// mpio::Transport over an sg node of the kernel: Fibre Channel, SAS, the kernel's own iSCSI, and
// whatever else the kernel has a SCSI device for.
//
// A login opens the node and looks what is there. What differs from a session of one's own:
// - The I_T nexus is the kernel's. All lanes of a path, and all other users of the device on this
//   machine, share it: a unit attention goes to whoever sends the next command.
// - Nobody can take a command back from the kernel. It ends it by itself: answered, or, after the
//   time limit in its header, aborted by its error recovery, or given up with the port. So a
//   command that drop() hands back may still be *sent*. It is SettledBy::end; its node stays open,
//   and is asked for its end; and until then no login succeeds.
// - What the kernel gives up without an answer loses the link: everything may be wrong there.
//   If the kernel has taken the device offline then, not even its error recovery got a word from
//   the target, and only time settles such a write.
//
// Threads: one event loop.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/scheduler.h"
#include "io/sg/channel.h"
#include "io/sg/node.h"
#include "io/sg/sysfs.h"
#include "mpio/transport.h"

namespace io::sg {

class Transport final : public mpio::Transport {
 public:
  // `node`: its path. The others outlive this object.
  Transport(base::Scheduler& scheduler, Driver& driver, std::string node,
            std::string sysfs = "/sys");
  // Drops the link. What the kernel still holds then goes on, and nobody hears of its end.
  ~Transport() override;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  // mpio::Transport.
  void set_handler(mpio::TransportHandler& handler) override { handler_ = &handler; }
  void start_login() override;
  void submit(mpio::TransportCommand& command) override;
  // An INQUIRY: the device server itself answers it, in every access state.
  bool send_nop() override;
  void drop() override;
  void logout() override;
  // "sg:/dev/sg3".
  std::string_view name() const override { return name_; }
  std::string endpoint() const override { return endpoint_; }
  mpio::PathPorts ports() const override { return ports_; }
  uint32_t max_transfer_bytes() const override { return max_transfer_bytes_; }

 private:
  enum class State : uint8_t { down, logging_in, up, logging_out };
  struct Failure {
    mpio::LinkResult result = mpio::LinkResult::ok;
    std::string detail;
    bool failed() const { return result != mpio::LinkResult::ok; }
  };

  void on_login();
  Failure open();
  Failure examine(Node& node);
  void learn_limits(Node& node);
  std::string told(const std::string& what) const { return name_ + ": " + what; }

  void send_waiting();
  void on_deferred();
  void on_node(bool has_gone);
  Failure gone() const;
  bool reap_all(Failure& failure);
  void lose(const Failure& failure);
  void take_back(mpio::Delivery delivery);
  mpio::SettledBy settled_after_giving_up() const;
  // False when the handler destroyed this object.
  bool hand_back();

  void watch_held();
  void on_held_time();

  base::Scheduler& scheduler_;
  Driver& driver_;
  const std::string node_path_;
  const std::string name_;
  Sysfs sysfs_;
  mpio::TransportHandler* handler_ = nullptr;
  State state_ = State::down;

  std::unique_ptr<Channel> channel_;
  std::string endpoint_;
  mpio::PathPorts ports_;
  uint32_t max_transfer_bytes_ = 0;

  std::deque<mpio::TransportCommand*> waiting_;   // for room in the driver
  std::deque<mpio::TransportCommand*> finished_;  // not handed back yet
  Failure failure_;                               // found where nothing may be handed back
  bool handing_back_ = false;                     // what is submitted meanwhile is sent at its end

  // Of a link that is gone: the commands that the kernel still holds.
  std::unique_ptr<Channel> held_;
  bool held_all_answered_ = true;
  mpio::SettledBy held_then_ = mpio::SettledBy::login;
  uint64_t held_pause_ns_ = 0;

  base::MemberTimer<&Transport::on_login> login_timer_{*this};
  base::MemberTimer<&Transport::on_deferred> deferred_{*this};
  base::MemberTimer<&Transport::on_deferred> retry_timer_{*this};
  base::MemberTimer<&Transport::on_held_time> held_timer_{*this};
  // Counts link states, so that work that called the handler can tell that the handler changed
  // everything.
  uint64_t epoch_ = 0;
  std::shared_ptr<const bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace io::sg
