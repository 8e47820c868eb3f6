// The NBD server: one block device under one export name, on a unix socket or TCP, for several
// connections.
//
// Threads: everything happens on the event loop's thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "io/event_loop.h"
#include "io/nbd/address.h"
#include "io/nbd/connection.h"
#include "io/nbd/session.h"
#include "io/nbd/socket.h"
#include "mpio/block_device.h"

namespace io::nbd {

struct ServerConfig {
  Export exported;
  SessionLimits limits;          // per connection
  size_t max_connections = 128;  // more are closed at once
  uint64_t negotiation_deadline_ms = 10'000;
  // stop(): clients that have not fetched their replies by then are cut off.
  uint64_t drain_deadline_ms = 10'000;
  // One sentence per client that was thrown out or refused; may be empty.
  std::function<void(const std::string&)> log;
};

class Server {
 public:
  struct Opened {
    std::unique_ptr<Server> server;
    std::string error;  // one sentence, when there is no server
  };
  // Listens and serves. `device` outlives the server *and* the requests that it has at the device
  // (see the destructor). A unix socket's file that nobody listens on any more is replaced.
  static Opened open(EventLoop& loop, mpio::BlockDevice& device, const Address& address,
                     ServerConfig config);

  // Closes everything and removes the unix socket's file. Requests that the device still works on
  // keep their buffers until it completes them.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // As given to open(); TCP port 0 is replaced by the port that the system chose.
  const Address& address() const { return address_; }
  size_t connections() const;
  // Of all connections since open().
  SessionCounts counts() const;

  // Accepts nobody any more, finishes and answers what is outstanding, closes all connections, and
  // calls `done` (from the loop, never from inside stop()) when the device works for no client any
  // more; `done` may destroy the server. Requests that clients send meanwhile are answered with
  // ESHUTDOWN. Call it once.
  void stop(std::function<void()> done);

 private:
  Server(EventLoop& loop, mpio::BlockDevice& device, Listening listening, ServerConfig config);
  void watch_listener();
  void on_accept();
  void on_accept_retry();
  void on_reap();
  void on_drain_deadline();
  void log(const std::string& text) const;

  EventLoop& loop_;
  mpio::BlockDevice& device_;
  ServerConfig config_;
  Address address_;
  Fd listener_;
  SocketFile file_;                                       // after listener_, so that it dies first
  std::vector<std::unique_ptr<Connection>> connections_;  // also those whose device work goes on
  SessionCounts ended_counts_;
  bool stopping_ = false;
  std::function<void()> stopped_;
  base::MemberTimer<&Server::on_reap> reap_timer_{*this};
  base::MemberTimer<&Server::on_accept_retry> accept_timer_{*this};
  base::MemberTimer<&Server::on_drain_deadline> drain_timer_{*this};
};

}  // namespace io::nbd
