// One iSCSI login: look up the host, connect to one of its addresses, log in, follow redirections.
// What comes out is a libiscsi context that is logged in, or the reason why not. IscsiTransport and
// IscsiDiscovery begin with it.
//
// libiscsi's automatic reconnect is off, its whole-second timeouts are never armed, and no *_sync
// call is made. A context is used for one login only: what fails is destroyed, and the next attempt
// gets a new one with the same ISID.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "io/event_loop.h"
#include "io/iscsi_errors.h"
#include "io/iscsi_path_config.h"
#include "io/mutual_chap_witness.h"
#include "io/resolver.h"

struct iscsi_context;

namespace io {

enum class Farewell : uint8_t {
  reset,    // RST; nothing that still sits in this machine's send buffer goes out
  orderly,  // FIN
};
// Closes the connection and destroys the context. libiscsi calls the callbacks of what is
// outstanding from in here.
void close_iscsi_context(iscsi_context* context, Farewell farewell);

// The pending error of a socket, cleared by reading it; 0 when there is none.
int take_socket_error(int fd);

// Why a session or a login died, from what its socket says. `socket_error` is one already taken, or
// 0.
LinkFailure why_iscsi_died(iscsi_context* context, const IscsiPathConfig& config, bool logged_in,
                           int socket_error);

class IscsiLogin {
 public:
  enum class Session : uint8_t { normal, discovery };
  // On LinkResult::ok `context` is the receiver's, and nobody watches its socket; else it is null.
  // The last thing that is done: the receiver may destroy this object from inside.
  using Done = std::function<void(const LinkFailure& failure, iscsi_context* context)>;

  // `config` must outlive this. Ignores SIGPIPE in the whole process, for libiscsi writes to
  // sockets that may have been reset.
  IscsiLogin(EventLoop& loop, const IscsiPathConfig& config, Session session);
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
  void give_up_address(int error);
  void set_credentials();
  bool wants_proof() const;
  bool shown_to_witness(uint32_t events);
  void on_socket(uint32_t events);
  void on_connecting_event();
  void on_login_answer();
  void follow_redirect(const std::string& address);
  void service(int events);
  void update_watch();
  void drop_context(Farewell farewell);
  void fail(const LinkFailure& failure);
  void finish(const LinkFailure& failure, iscsi_context* context);

  // libiscsi's callbacks take notes, which are acted upon when libiscsi has returned.
  static void note_connected(iscsi_context*, int status, void*, void* self);
  static void note_login(iscsi_context*, int status, void*, void* self);

  EventLoop& loop_;
  const IscsiPathConfig& config_;
  Session session_;
  Done done_;
  Step step_ = Step::idle;
  Resolver resolver_;
  std::vector<NumericAddress> addresses_;
  size_t next_address_ = 0;
  uint16_t port_ = 0;  // differs from the portal's after a redirection
  std::string portal_;
  LinkFailure last_failure_;  // of the address tried before
  unsigned redirects_ = 0;

  iscsi_context* context_ = nullptr;
  int fd_ = -1;
  uint32_t watched_events_ = 0;
  int socket_error_ = 0;  // what epoll's error flag was about
  bool connected_ = false;
  bool answered_ = false;
  int answer_status_ = 0;
  std::string answer_text_;  // where to go, or what went wrong
  bool dead_ = false;        // the context must not be used again
  MutualChapWitness witness_;
  std::vector<uint8_t> peeked_;
};

}  // namespace io
