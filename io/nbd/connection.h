// One client of the server: its socket, its session, and the flow between the two.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "io/event_loop.h"
#include "io/nbd/session.h"
#include "io/nbd/socket.h"

namespace io::nbd {

class Connection {
 public:
  struct Hooks {
    // The socket is closed. Called once, not from inside the constructor; must not destroy the
    // connection.
    std::function<void()> closed;
    // ... and the device works for this client no more. Likewise.
    std::function<void()> ended;
    std::function<void(const std::string&)> log;
  };

  // `device` and `exported` outlive the connection. A client that has not chosen an export within
  // `negotiation_deadline_ms` is thrown out.
  Connection(EventLoop& loop, Fd fd, mpio::BlockDevice& device, const Export& exported,
             const SessionLimits& limits, uint64_t negotiation_deadline_ms,
             std::shared_ptr<SessionTotals> totals, Hooks hooks);
  // What the device still works on stays alive until it is done.
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Finishes and answers what is outstanding, then closes.
  void drain();
  // Closes the socket now; ended() comes when the device is done.
  void close_now();

  bool ended() const { return ended_; }

 private:
  void on_events(uint32_t events);
  void on_progress();
  void on_flush();
  void on_negotiation_deadline();
  void read_some();
  void write_some();
  void update();
  void note_end();

  EventLoop& loop_;
  Fd fd_;
  std::unique_ptr<Session> session_;
  Hooks hooks_;
  uint64_t negotiation_deadline_ms_;
  uint32_t watched_events_ = 0;
  bool write_blocked_ = false;
  bool ended_ = false;
  base::MemberTimer<&Connection::on_flush> flush_timer_{*this};
  base::MemberTimer<&Connection::on_negotiation_deadline> deadline_timer_{*this};
};

}  // namespace io::nbd
