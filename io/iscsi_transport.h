// mpio::Transport over iSCSI: one session to one portal of one target, one LUN.
//
// The protocol is iscsi::initiator::Session's; here is when a session is dead, and who gets which
// command back. A socket serves one session: what is dead is destroyed, and the next login
// (iscsi_login.h) brings a new one.
//
// The handler is called when the session has been left, so it may drop the link, log in again or
// destroy the transport from any callback.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/scheduler.h"
#include "io/event_loop.h"
#include "io/iscsi_login.h"
#include "io/iscsi_path_config.h"
#include "io/iscsi_socket.h"
#include "mpio/transport.h"

namespace io {

class IscsiTransport final : public mpio::Transport {
 public:
  IscsiTransport(EventLoop& loop, IscsiPathConfig config);
  // Drops the link; commands still outstanding are handed back as by drop(). May run inside any
  // callback.
  ~IscsiTransport() override;
  IscsiTransport(const IscsiTransport&) = delete;
  IscsiTransport& operator=(const IscsiTransport&) = delete;

  // mpio::Transport.
  void set_handler(mpio::TransportHandler& handler) override { handler_ = &handler; }
  void start_login() override;
  void submit(mpio::TransportCommand& command) override;
  bool send_nop() override;
  void drop() override;
  void logout() override;
  // "host:port/target/lun", as in the URL.
  std::string_view name() const override { return name_; }
  std::string endpoint() const override;

  // Asks for a task management function of the logical unit. `answered`, later: whether the target
  // says that it is complete; false also when the link ends first. Not called once this object is
  // gone. False: the link is down, or another function is outstanding.
  bool manage(scsi::TaskFunction function, std::function<void(bool)> answered);

 private:
  enum class State : uint8_t { down, logging_in, up, logging_out };
  using CommandList = iscsi::initiator::CommandList;

  void on_login_done(const LinkFailure& failure, std::unique_ptr<IscsiSocket> socket);
  // What is outstanding goes to finished_.
  void close_socket(Farewell farewell, mpio::Delivery delivery);

  void on_socket(uint32_t events);
  void act(bool heard);
  void on_link_died();
  void flush();
  // Sends soon, together with what others submit in the same turn of the loop.
  void flush_soon();
  void on_deferred();
  void answer_function(bool complete);
  void on_function_lost() { answer_function(false); }
  // False when the handler destroyed this object.
  bool hand_back(CommandList& commands);

  EventLoop& loop_;
  IscsiPathConfig config_;
  std::string name_;
  mpio::TransportHandler* handler_ = nullptr;
  IscsiLogin login_;
  State state_ = State::down;

  std::unique_ptr<IscsiSocket> socket_;
  uint32_t watched_events_ = 0;

  CommandList finished_;       // not handed back yet
  CommandList unsent_;         // to be handed back as not_sent
  bool handing_back_ = false;  // flush() follows at the end of it

  // What submit() must not do itself: hand back unsent commands, report a death; and what it leaves
  // for later: sending.
  base::MemberTimer<&IscsiTransport::on_deferred> deferred_{*this};
  // Of the task management function that is outstanding.
  std::function<void(bool)> function_answered_;
  base::MemberTimer<&IscsiTransport::on_function_lost> function_timer_{*this};
  // Counts link states, so that work that called the handler can tell that the handler changed
  // everything.
  uint64_t epoch_ = 0;
  std::shared_ptr<const bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace io
