// See iscsi_login.h.
#include "io/iscsi_login.h"

#include <sys/epoll.h>

#include <cerrno>
#include <utility>

#include "base/assert.h"
#include "io/iscsi_url.h"

namespace io {

namespace {

constexpr unsigned kMaxRedirects = 4;

}  // namespace

IscsiLogin::IscsiLogin(EventLoop& loop, const IscsiPathConfig& config, SessionKind kind)
    : loop_(loop), config_(config), kind_(kind), resolver_(loop) {}

void IscsiLogin::start(Done done) {
  BASE_ASSERT(step_ == Step::idle);
  done_ = std::move(done);
  redirects_ = 0;
  resolve(config_.host, config_.port);
}

void IscsiLogin::cancel() {
  resolver_.cancel();
  drop_socket(Farewell::reset);
  step_ = Step::idle;
  done_ = nullptr;
}

void IscsiLogin::resolve(const std::string& host, uint16_t port) {
  step_ = Step::resolving;
  port_ = port;
  resolver_.start(host, [this](std::vector<NumericAddress> addresses, const std::string& error) {
    on_resolved(std::move(addresses), error);
  });
}

void IscsiLogin::on_resolved(std::vector<NumericAddress> addresses, const std::string& error) {
  if (!error.empty()) {
    fail(resolve_failure(config_, error));
    return;
  }
  addresses_ = std::move(addresses);
  next_address_ = 0;
  try_next_address();
}

void IscsiLogin::try_next_address() {
  while (next_address_ < addresses_.size()) {
    if (connect_to(addresses_[next_address_++])) {
      return;
    }
  }
  fail(last_failure_);
}

bool IscsiLogin::connect_to(const NumericAddress& address) {
  step_ = Step::connecting;
  portal_ = portal_text(address, port_);
  const int fd = begin_connect(address, port_);
  if (fd < 0) {
    last_failure_ = connect_failure(config_, errno);
    return false;
  }
  socket_ = std::make_unique<IscsiSocket>(fd, config_, kind_);
  watched_events_ = EPOLLOUT;
  loop_.watch(fd, watched_events_, [this](uint32_t events) { on_socket(events); });
  return true;
}

void IscsiLogin::on_socket(uint32_t events) {
  if (step_ == Step::connecting) {
    on_connecting_event();
    return;
  }
  if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) {
    socket_->read();
  }
  socket_->write();  // the next request
  if (socket_->dead()) {
    on_ended();
  } else if (socket_->session().up()) {
    loop_.unwatch(socket_->fd());
    finish({}, std::move(socket_));
  } else if (socket_->events() != watched_events_) {
    watched_events_ = socket_->events();
    loop_.modify(socket_->fd(), watched_events_);
  }
}

void IscsiLogin::on_connecting_event() {
  const int error = take_socket_error(socket_->fd());
  if (error != 0) {
    last_failure_ = connect_failure(config_, error);
    drop_socket(Farewell::reset);
    try_next_address();
    return;
  }
  step_ = Step::logging_in;
  on_socket(0);
}

void IscsiLogin::on_ended() {
  const iscsi::initiator::Ending& ending = socket_->session().ending();
  if (ending.why == iscsi::initiator::Ending::Why::login_redirected) {
    follow_redirect(std::string(ending.text));
  } else {
    fail(socket_->why(config_, false));
  }
}

// TargetAddress of a login answer "target moved": host[:port][,tag] (RFC 7143 13.8).
void IscsiLogin::follow_redirect(const std::string& address) {
  std::string host;
  uint16_t port = 3260;
  const std::string error = parse_target_portal(address.substr(0, address.find(',')), host, port);
  if (!error.empty() || ++redirects_ > kMaxRedirects) {
    fail({mpio::LinkResult::protocol_error,
          "portal " + portal_text(config_.host, config_.port) + " redirects the login of " +
              config_.target + (error.empty() ? " in circles" : " to what is no portal") +
              "; give the right portal yourself"});
    return;
  }
  drop_socket(Farewell::orderly);
  resolve(host, port);
}

void IscsiLogin::drop_socket(Farewell farewell) {
  if (socket_ != nullptr) {
    loop_.unwatch(socket_->fd());
    socket_->close(farewell);
    socket_.reset();
  }
}

void IscsiLogin::fail(const LinkFailure& failure) {
  const LinkFailure copy = failure;
  drop_socket(Farewell::reset);
  finish(copy, nullptr);
}

void IscsiLogin::finish(const LinkFailure& failure, std::unique_ptr<IscsiSocket> socket) {
  step_ = Step::idle;
  const Done done = std::exchange(done_, nullptr);
  done(failure, std::move(socket));
}

}  // namespace io
