// An NBD client: one export over one connection, as a block device. Data go straight between the
// socket and the requests' buffers.
//
// Threads: everything happens on the event loop's thread. Only the callback of disconnect() may
// destroy the client.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "io/event_loop.h"
#include "io/nbd/address.h"
#include "io/nbd/client_handshake.h"
#include "io/nbd/client_session.h"
#include "io/nbd/socket.h"
#include "io/resolver.h"
#include "mpio/block_device.h"

namespace io::nbd {

struct ClientConfig {
  std::string export_name;         // at most kMaxStringBytes; empty: the server's default export
  bool structured_replies = true;  // ask for them; a server without them is no error
  uint64_t connect_deadline_ms = 10'000;  // name look-up, connection and handshake together
};

class Client final : public mpio::BlockDevice {
 public:
  Client(EventLoop& loop, Address address, ClientConfig config);
  // Closes the connection; outstanding requests complete with EIO from inside.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Connects and negotiates. `ready` is called once, from the loop, with an empty string or with
  // one sentence that says what failed and where. Not while a connection exists or is being made.
  void connect(std::function<void(const std::string& error)> ready);
  bool connected() const { return state_ == State::connected; }
  // Called when an established connection is lost (not after disconnect()), with one sentence,
  // after the outstanding requests have completed with EIO. connect() may be called again.
  void on_lost(std::function<void(const std::string& why)> lost) { lost_ = std::move(lost); }
  // Waits for the outstanding requests, says NBD_CMD_DISC, closes, and calls `done` (from the
  // loop). Requests submitted meanwhile complete with EIO. A connect() under way is given up: its
  // `ready` is not called any more.
  void disconnect(std::function<void()> done);

  // Block device. The geometry is the server's from the moment that `ready` was called without an
  // error, and stays after a disconnection. Requests that break it (or trim and write_zeroes longer
  // than 32 bits can say) complete with EINVAL, ENOSPC or EPERM without being sent; without a
  // connection, all complete with EIO.
  const mpio::Geometry& geometry() const override { return geometry_; }
  void submit(mpio::BlockRequest& request) override;

  bool can_multi_conn() const { return can_multi_conn_; }
  bool has_structured_replies() const { return session_ && session_->structured_replies(); }
  // Submitted and not completed.
  size_t outstanding() const { return refused_.size() + (session_ ? session_->outstanding() : 0); }

 private:
  enum class State : uint8_t { idle, connecting, handshaking, connected, disconnecting };

  void on_resolved(const std::vector<std::string>& hosts, const std::string& error);
  void try_next_address(int last_error);
  void on_connected_or_not();
  void begin_handshake();
  void on_handshake_event(uint32_t events);
  void handshake_read();
  void handshake_write();
  void begin_transmission();
  void on_events(uint32_t events);
  void read_some();
  void write_some();
  void on_flush();
  void on_deadline();
  void on_refused();
  int check(const mpio::BlockRequest& request) const;
  void watch_writable(bool wanted);
  void close_socket();
  void connect_failed(const std::string& why);
  void lose(const std::string& why);
  void schedule_flush();

  EventLoop& loop_;
  const Address address_;
  const ClientConfig config_;
  State state_ = State::idle;
  mpio::Geometry geometry_;
  bool can_multi_conn_ = false;

  Resolver resolver_;
  std::vector<SocketAddress> addresses_;  // still to be tried, the next one last
  Fd fd_;
  bool watching_writable_ = false;
  std::unique_ptr<ClientHandshake> handshake_;
  std::vector<uint8_t> handshake_input_;
  std::unique_ptr<ClientSession> session_;
  std::vector<mpio::BlockRequest*> refused_;  // complete from the loop; the error is set already
  std::function<void(const std::string&)> ready_;
  std::function<void(const std::string&)> lost_;
  std::function<void()> disconnected_;
  bool disconnect_queued_ = false;
  base::MemberTimer<&Client::on_flush> flush_timer_{*this};
  base::MemberTimer<&Client::on_refused> refused_timer_{*this};
  base::MemberTimer<&Client::on_deadline> deadline_timer_{*this};
};

}  // namespace io::nbd
