// One iSCSI login: look up the host, connect to one of its addresses, log in, follow redirections.
// What comes out is a socket with a session that is logged in, or the reason why not.
// IscsiTransport and IscsiDiscovery begin with it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "io/event_loop.h"
#include "io/iscsi_errors.h"
#include "io/iscsi_path_config.h"
#include "io/iscsi_socket.h"
#include "io/resolver.h"

namespace io {

class IscsiLogin {
 public:
  // On LinkResult::ok `socket` is the receiver's, and nobody watches it; else it is null. The last
  // thing that is done: the receiver may destroy this object from inside.
  using Done = std::function<void(const LinkFailure& failure, std::unique_ptr<IscsiSocket> socket)>;

  // `config` must outlive this.
  IscsiLogin(EventLoop& loop, const IscsiPathConfig& config, SessionKind kind);
  ~IscsiLogin() { cancel(); }
  IscsiLogin(const IscsiLogin&) = delete;
  IscsiLogin& operator=(const IscsiLogin&) = delete;

  // Only when none is going on. `done` never runs from inside. There is no deadline: the caller has
  // one, and cancels.
  void start(Done done);
  // Gives up at once; `done` is not called.
  void cancel();
  // Where the last connection went: "127.0.0.1:3260", whatever name was asked for and whoever
  // redirected.
  const std::string& portal() const { return portal_; }

 private:
  enum class Step : uint8_t { idle, resolving, connecting, logging_in };

  void resolve(const std::string& host, uint16_t port);
  void on_resolved(std::vector<NumericAddress> addresses, const std::string& error);
  // Fails the login when there is no address left.
  void try_next_address();
  bool connect_to(const NumericAddress& address);
  void on_socket(uint32_t events);
  void on_connecting_event();
  void on_ended();
  void follow_redirect(const std::string& address);
  void drop_socket(Farewell farewell);
  void fail(const LinkFailure& failure);
  void finish(const LinkFailure& failure, std::unique_ptr<IscsiSocket> socket);

  EventLoop& loop_;
  const IscsiPathConfig& config_;
  SessionKind kind_;
  Done done_;
  Step step_ = Step::idle;
  Resolver resolver_;
  std::vector<NumericAddress> addresses_;
  size_t next_address_ = 0;
  uint16_t port_ = 0;  // differs from the portal's after a redirection
  std::string portal_;
  LinkFailure last_failure_;  // of the address tried before
  unsigned redirects_ = 0;

  std::unique_ptr<IscsiSocket> socket_;
  uint32_t watched_events_ = 0;
};

}  // namespace io
