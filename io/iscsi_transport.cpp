// The session: login, death and everything that happens on the socket. Commands are in
// iscsi_transport_commands.cpp.
#include "io/iscsi_transport.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <utility>

#include "base/assert.h"
#include "io/iscsi_outstanding.h"

namespace io {

namespace {

constexpr unsigned kMaxRedirects = 4;

int take_socket_error(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

bool at_end_of_stream(int fd) {
  char unused = 0;
  return recv(fd, &unused, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

void set_isid(iscsi_context* context, const Isid& isid) {
  const auto be = [&isid](size_t at, size_t count) {
    uint32_t value = 0;
    for (size_t i = at; i < at + count; ++i) {
      value = (value << 8) | isid[i];
    }
    return value;
  };
  switch (isid[0] >> 6) {
    case 0:
      iscsi_set_isid_oui(context, be(0, 3), be(3, 3));
      break;
    case 1:
      iscsi_set_isid_en(context, be(1, 3), be(4, 2));
      break;
    case 2:
      iscsi_set_isid_random(context, be(1, 3), be(4, 2));
      break;
    default:
      iscsi_set_isid_reserved(context);
      break;
  }
}

// "Connect failed with errno : Network is unreachable(101)"
int errno_in(const char* text) {
  const std::string_view view(text);
  const size_t open = view.rfind('(');
  return open == std::string_view::npos ? 0 : std::atoi(text + open + 1);
}

}  // namespace

IscsiTransport::IscsiTransport(EventLoop& loop, IscsiPathConfig config)
    : loop_(loop),
      config_(std::move(config)),
      name_(portal_text(config_.host, config_.port) + "/" + config_.target + "/" +
            std::to_string(config_.lun)),
      resolver_(loop) {
  std::signal(SIGPIPE, SIG_IGN);
}

IscsiTransport::~IscsiTransport() {
  alive_.reset();
  drop();
  BASE_ASSERT(unsent_.empty());  // nobody submits to what is being destroyed
}

void IscsiTransport::start_login() {
  BASE_ASSERT(handler_ != nullptr && state_ == State::down);
  ++epoch_;
  redirects_ = 0;
  resolve(config_.host, config_.port);
}

void IscsiTransport::resolve(const std::string& host, uint16_t port) {
  state_ = State::resolving;
  connect_port_ = port;
  resolver_.start(host, [this](std::vector<NumericAddress> addresses, const std::string& error) {
    on_resolved(std::move(addresses), error);
  });
}

void IscsiTransport::on_resolved(std::vector<NumericAddress> addresses, const std::string& error) {
  if (!error.empty()) {
    fail_login(resolve_failure(config_, error));
    return;
  }
  addresses_ = std::move(addresses);
  next_address_ = 0;
  try_next_address();
}

void IscsiTransport::try_next_address() {
  while (next_address_ < addresses_.size()) {
    if (connect_to(addresses_[next_address_++])) {
      return;
    }
  }
  fail_login(last_failure_);
}

bool IscsiTransport::connect_to(const NumericAddress& address) {
  context_ = iscsi_create_context(config_.initiator_name.c_str());
  if (context_ == nullptr) {
    last_failure_ = connect_failure(config_, ENOMEM);
    return false;
  }
  iscsi_set_noautoreconnect(context_, 1);
  iscsi_set_timeout(context_, 0);
  set_isid(context_, config_.isid);
  iscsi_set_session_type(context_, ISCSI_SESSION_NORMAL);
  iscsi_set_targetname(context_, config_.target.c_str());
  set_credentials();
  connected_noted_ = login_noted_ = logout_noted_ = dead_ = nop_outstanding_ = false;
  socket_error_ = 0;
  state_ = State::connecting;
  if (iscsi_connect_async(context_, portal_text(address, connect_port_).c_str(), note_connected,
                          this) != 0) {
    last_failure_ = connect_failure(config_, errno_in(iscsi_get_error(context_)));
    close_context(Farewell::reset);
    return false;
  }
  fd_ = iscsi_get_fd(context_);
  watched_events_ = EPOLLOUT;
  loop_.watch(fd_, watched_events_, [this](uint32_t events) { on_socket(events); });
  return true;
}

// Without a name libiscsi skips the login's security stage, and tgtd (1.0.85) reinstates sessions
// in that stage only: the old session would go on and execute the writes that were dropped here. So
// a name is always set. libiscsi then offers "CHAP,None"; a target without CHAP takes None, and one
// that insists on CHAP refuses this name as it would refuse none.
void IscsiTransport::set_credentials() {
  if (config_.user.empty()) {
    iscsi_set_initiator_username_pwd(context_, "no-chap-configured", "no-chap-configured");
    return;
  }
  iscsi_set_initiator_username_pwd(context_, config_.user.c_str(), config_.password.c_str());
  if (!config_.target_user.empty()) {
    iscsi_set_target_username_pwd(context_, config_.target_user.c_str(),
                                  config_.target_password.c_str());
  }
}

// Reset: nothing that still sits in this machine's send buffer goes out after this (SO_LINGER 0
// makes close() send RST).
void IscsiTransport::close_context(Farewell farewell) {
  if (context_ == nullptr) {
    return;
  }
  if (fd_ >= 0) {
    loop_.unwatch(fd_);
    if (farewell == Farewell::reset) {
      const linger no_farewell{1, 0};
      static_cast<void>(setsockopt(fd_, SOL_SOCKET, SO_LINGER, &no_farewell, sizeof no_farewell));
    }
  }
  iscsi_destroy_context(
      std::exchange(context_, nullptr));  // cancels what is outstanding: notes only
  fd_ = -1;
  while (!retired_.empty()) {
    recycle(*retired_.front());
    retired_.pop_front();
  }
}

void IscsiTransport::fail_login(const LinkFailure& failure) {
  close_context(Farewell::reset);
  state_ = State::down;
  ++epoch_;
  const LinkFailure copy = failure;  // the handler may start the next login
  handler_->on_login_done(copy.result, copy.detail);
}

void IscsiTransport::note_connected(iscsi_context*, int status, void*, void* self) {
  static_cast<IscsiTransport*>(self)->connected_noted_ = status == SCSI_STATUS_GOOD;
}

void IscsiTransport::note_login(iscsi_context* context, int status, void*, void* self) {
  auto& transport = *static_cast<IscsiTransport*>(self);
  transport.login_noted_ = true;
  transport.login_status_ = status;
  transport.login_text_ =
      status == SCSI_STATUS_REDIRECT ? iscsi_get_target_address(context) : iscsi_get_error(context);
}

void IscsiTransport::note_logout(iscsi_context*, int, void*, void* self) {
  static_cast<IscsiTransport*>(self)->logout_noted_ = true;
}

void IscsiTransport::note_nop(iscsi_context*, int, void*, void* self) {
  static_cast<IscsiTransport*>(self)->nop_outstanding_ = false;
}

void IscsiTransport::on_connecting_event() {
  const int error = take_socket_error(fd_);
  if (error != 0) {
    last_failure_ = connect_failure(config_, error);
    close_context(Farewell::reset);
    try_next_address();
    return;
  }
  service(POLLOUT);
  if (dead_) {
    last_failure_ = connect_failure(config_, ECONNABORTED);
    close_context(Farewell::reset);
    try_next_address();
    return;
  }
  if (!connected_noted_) {
    return;  // not yet
  }
  state_ = State::logging_in;
  if (iscsi_login_async(context_, note_login, this) != 0) {
    fail_login(login_failure(config_, iscsi_get_error(context_)));
    return;
  }
  service(POLLOUT);
  act_on_notes(false);
}

void IscsiTransport::on_socket(uint32_t events) {
  if (state_ == State::connecting) {
    on_connecting_event();
    return;
  }
  int wanted = events & EPOLLOUT ? POLLOUT : 0;
  if ((events & EPOLLERR) != 0) {
    socket_error_ = take_socket_error(fd_);
  }
  // libiscsi gives up at once when it is told of an error; answers that came before it would be
  // lost. So it is only told that there is something to read, and finds the end of the stream
  // behind them.
  if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) {
    wanted |= POLLIN;
  }
  service(wanted);
  act_on_notes((events & EPOLLIN) != 0);
}

// A dead context is never run again: libiscsi would go on with what it has already given up.
void IscsiTransport::service(int events) {
  if (!dead_ && iscsi_service(context_, events) < 0) {
    dead_ = true;
  }
}

void IscsiTransport::update_watch() {
  const auto wanted = static_cast<uint32_t>(iscsi_which_events(context_));
  if (wanted != watched_events_) {
    watched_events_ = wanted;
    loop_.modify(fd_, wanted);
  }
}

void IscsiTransport::act_on_notes(bool heard) {
  if (state_ == State::logging_in && login_noted_) {
    on_login_answer();
    return;
  }
  if (dead_) {
    on_link_died();
    return;
  }
  if (logout_noted_) {
    close_context(Farewell::orderly);
    state_ = State::down;
    ++epoch_;
    handler_->on_link_lost(mpio::LinkResult::dropped, "logged out");
    return;
  }
  update_watch();
  if (state_ != State::up && state_ != State::logging_out) {
    return;
  }
  const std::weak_ptr<const bool> alive = alive_;
  const uint64_t epoch = epoch_;
  if (heard) {
    handler_->on_heard();
  }
  if (!alive.expired() && epoch == epoch_) {
    static_cast<void>(hand_back(finished_));
  }
}

void IscsiTransport::on_login_answer() {
  login_noted_ = false;
  if (login_status_ == SCSI_STATUS_REDIRECT) {
    follow_redirect(login_text_);
    return;
  }
  if (login_status_ != SCSI_STATUS_GOOD) {
    fail_login(login_failure(config_, login_text_));
    return;
  }
  if (dead_) {
    on_link_died();
    return;
  }
  state_ = State::up;
  update_watch();
  handler_->on_login_done(mpio::LinkResult::ok, "");
}

// TargetAddress of a login answer "target moved": host[:port][,tag] (RFC 7143 13.8).
void IscsiTransport::follow_redirect(const std::string& address) {
  std::string host = address.substr(0, address.find(','));
  unsigned long port = 3260;
  const size_t colon = host.rfind(':');
  const size_t bracket = host.rfind(']');
  if (colon != std::string::npos && (bracket == std::string::npos || bracket < colon)) {
    port = std::strtoul(host.c_str() + colon + 1, nullptr, 10);
    host.resize(colon);
  }
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  if (host.empty() || port == 0 || port > 65535 || ++redirects_ > kMaxRedirects) {
    fail_login({mpio::LinkResult::protocol_error,
                "portal " + portal_text(config_.host, config_.port) + " redirects target " +
                    config_.target + " to '" + address +
                    "', which leads nowhere; give the right portal yourself"});
    return;
  }
  close_context(Farewell::orderly);
  resolve(host, static_cast<uint16_t>(port));
}

LinkFailure IscsiTransport::why_it_died() const {
  const int error = socket_error_ != 0 ? socket_error_ : take_socket_error(fd_);
  std::string_view text = iscsi_get_error(context_);
  if (text.find("reconnect") != std::string_view::npos) {
    text = "it sent something that cannot be understood";
  }
  return lost_connection(config_, state_ != State::logging_in, error, at_end_of_stream(fd_), text);
}

void IscsiTransport::on_link_died() {
  const LinkFailure failure = why_it_died();
  if (state_ == State::logging_in) {
    fail_login(failure);
    return;
  }
  const bool asked_for = state_ == State::logging_out;
  close_context(Farewell::reset);
  state_ = State::down;
  const uint64_t epoch = ++epoch_;
  finish_outstanding(mpio::Delivery::link_lost);
  if (!hand_back(finished_) || epoch != epoch_) {
    return;
  }
  if (asked_for) {
    handler_->on_link_lost(mpio::LinkResult::dropped, "logged out");
  } else {
    handler_->on_link_lost(failure.result, failure.detail);
  }
}

bool IscsiTransport::send_nop() {
  if (state_ == State::up && !dead_ && !nop_outstanding_ &&
      iscsi_nop_out_async(context_, note_nop, nullptr, 0, this) == 0) {
    nop_outstanding_ = true;
    service(POLLOUT);
    if (dead_) {
      loop_.defer(deferred_);
    } else {
      update_watch();
    }
  }
  return true;
}

void IscsiTransport::logout() {
  BASE_ASSERT(state_ == State::up && first_ == nullptr);
  state_ = State::logging_out;
  if (dead_ || iscsi_logout_async(context_, note_logout, this) != 0) {
    dead_ = true;
  } else {
    service(POLLOUT);
  }
  if (dead_) {
    loop_.defer(deferred_);
  } else {
    update_watch();
  }
}

void IscsiTransport::drop() {
  const bool logging_out = state_ == State::logging_out && alive_ != nullptr;
  const uint64_t epoch = ++epoch_;
  loop_.cancel(deferred_);
  resolver_.cancel();
  close_context(Farewell::reset);
  state_ = State::down;
  finish_outstanding(mpio::Delivery::dropped);
  if (hand_back(finished_) && hand_back(unsent_) && logging_out && epoch == epoch_) {
    handler_->on_link_lost(mpio::LinkResult::dropped, "the logout was cut short");
  }
}

void IscsiTransport::on_deferred() {
  if (hand_back(unsent_) && dead_ && (state_ == State::up || state_ == State::logging_out)) {
    act_on_notes(false);
  }
}

}  // namespace io
