// The socket of one iSCSI connection: moves bytes between the kernel and iscsi::Connection.
#pragma once

#include <memory>
#include <string>

#include "io/event_loop.h"
#include "io/iscsi/connection.h"

namespace io {

struct IscsiTimeouts {
  uint64_t login_ns = 10'000'000'000;  // from accept to the full feature phase
  // Without a byte from the initiator for this long it is asked (NOP-In); after as long again it is
  // given up.
  uint64_t idle_ns = 30'000'000'000;
};

class IscsiLink final : private iscsi::ConnectionHost {
 public:
  class Owner {
   public:
    // The socket is closed. The link must be destroyed soon, but not from inside this call.
    virtual void on_link_closed() = 0;

   protected:
    ~Owner() = default;
  };

  // What the link does: a black hole of the port stops one of them, or both.
  struct Flow {
    bool reads = true;
    bool sends = true;
  };

  // Takes over `fd`, a connected non-blocking socket.
  IscsiLink(EventLoop& loop, int fd, iscsi::Target& target, unsigned port,
            iscsi::Connection::Ends ends, const IscsiTimeouts& timeouts, Flow flow, Owner& owner);
  ~IscsiLink();

  unsigned port() const { return port_; }
  bool closed() const { return fd_ < 0; }
  bool logged_in() const { return connection_.logged_in(); }
  const iscsi::Connection& connection() const { return connection_; }

  // While something is stopped nothing is closed because of time either.
  void set_flow(Flow flow);
  // The peer sees a connection reset.
  void reset() { close_socket(true); }
  void fail(const std::string& reason) { connection_.fail(reason); }

 private:
  void on_output() override;
  void on_reset() override { close_socket(true); }

  void handle(uint32_t events);
  void read_some();
  void flush();
  void on_flush();
  void on_deadline();
  void update_interest();
  void unwatch();
  void close_socket(bool with_reset);

  EventLoop& loop_;
  int fd_;
  unsigned port_;
  const IscsiTimeouts& timeouts_;
  Owner& owner_;
  Flow flow_;
  bool watched_ = false;
  bool idle_watch_ = false;  // the deadline is that of silence, no longer that of the login
  uint32_t interest_ = 0;
  uint64_t last_input_ns_ = 0;
  base::MemberTimer<&IscsiLink::on_flush> flush_timer_{*this};
  base::MemberTimer<&IscsiLink::on_deadline> deadline_timer_{*this};
  iscsi::Connection connection_;
};

}  // namespace io
