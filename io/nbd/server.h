// The NBD server: one block device under one export name, on a unix socket or TCP, for several
// connections, which are spread over the device's lanes: a connection lives on one lane's loop, and
// its requests go to that lane.
//
// Threads: the server is used on the first lane's loop; its callbacks come there.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "io/event_loop.h"
#include "io/nbd/address.h"
#include "io/nbd/socket.h"
#include "io/nbd/worker.h"
#include "mpio/block_device.h"

namespace io::nbd {

// A loop with a thread of its own (or this one), and the device as that thread uses it.
struct ServingLane {
  EventLoop* loop = nullptr;
  mpio::BlockDevice* device = nullptr;
};

class Server {
 public:
  struct Opened {
    std::unique_ptr<Server> server;
    std::string error;  // one sentence, when there is no server
  };
  // Listens and serves. The devices outlive the server *and* the requests that it has at them (see
  // the destructor). A unix socket's file that nobody listens on any more is replaced.
  static Opened open(const std::vector<ServingLane>& lanes, const Address& address,
                     ServerConfig config);

  // Closes everything and removes the unix socket's file. Requests that the device still works on
  // keep their buffers until it completes them. The threads of all lanes but the first have ended.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // As given to open(); TCP port 0 is replaced by the port that the system chose.
  const Address& address() const { return address_; }
  // Those whose socket is open.
  size_t connections() const;
  // Of all connections since open().
  SessionCounts counts() const;

  // Accepts nobody any more, finishes and answers what is outstanding, closes all connections, and
  // calls `done` (from the loop, never from inside stop()) when the device works for no client any
  // more; `done` may destroy the server. Requests that clients send meanwhile are answered with
  // ESHUTDOWN. Call it once.
  void stop(std::function<void()> done);

 private:
  Server(const std::vector<ServingLane>& lanes, Listening listening, ServerConfig config);
  void watch_listener();
  void on_accept();
  void on_accept_retry();
  void on_worker_ended();
  void on_stopped();
  Worker& least_busy() const;
  void log(const std::string& text) const;

  EventLoop& loop_;
  const ServerConfig config_;
  Address address_;
  Fd listener_;
  SocketFile file_;  // after listener_, so that it dies first
  std::vector<std::unique_ptr<Worker>> workers_;
  size_t workers_ended_ = 0;
  std::function<void()> stopped_;
  std::shared_ptr<const bool> alive_ = std::make_shared<bool>(true);
  base::MemberTimer<&Server::on_accept_retry> accept_timer_{*this};
  base::MemberTimer<&Server::on_stopped> stopped_timer_{*this};
};

}  // namespace io::nbd
