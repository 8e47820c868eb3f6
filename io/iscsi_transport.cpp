// The session: login, death and everything that happens on the socket. Commands are in
// iscsi_transport_commands.cpp.
#include "io/iscsi_transport.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <utility>

#include "base/assert.h"
#include "io/iscsi_outstanding.h"

namespace io {

IscsiTransport::IscsiTransport(EventLoop& loop, IscsiPathConfig config)
    : loop_(loop),
      config_(std::move(config)),
      name_(portal_text(config_.host, config_.port) + "/" + config_.target + "/" +
            std::to_string(config_.lun)),
      login_(loop, config_, IscsiLogin::Session::normal) {}

IscsiTransport::~IscsiTransport() {
  alive_.reset();
  drop();
  BASE_ASSERT(unsent_.empty());  // nobody submits to what is being destroyed
}

void IscsiTransport::start_login() {
  BASE_ASSERT(handler_ != nullptr && state_ == State::down);
  ++epoch_;
  state_ = State::logging_in;
  login_.start([this](const LinkFailure& failure, iscsi_context* context) {
    on_login_done(failure, context);
  });
}

void IscsiTransport::on_login_done(const LinkFailure& failure, iscsi_context* context) {
  if (failure.result != mpio::LinkResult::ok) {
    state_ = State::down;
    ++epoch_;
    handler_->on_login_done(failure.result, failure.detail);
    return;
  }
  context_ = context;
  logout_noted_ = dead_ = nop_outstanding_ = false;
  socket_error_ = 0;
  state_ = State::up;
  fd_ = iscsi_get_fd(context_);
  watched_events_ = static_cast<uint32_t>(iscsi_which_events(context_));
  loop_.watch(fd_, watched_events_, [this](uint32_t events) { on_socket(events); });
  handler_->on_login_done(mpio::LinkResult::ok, "");
}

std::string IscsiTransport::endpoint() const {
  return login_.portal() + "/" + config_.target + "/" + std::to_string(config_.lun);
}

void IscsiTransport::close_context(Farewell farewell) {
  if (context_ == nullptr) {
    return;
  }
  loop_.unwatch(fd_);
  fd_ = -1;
  queued_ = 0;
  close_iscsi_context(std::exchange(context_, nullptr),
                      farewell);  // cancels what is outstanding: notes only
  while (!retired_.empty()) {
    recycle(*retired_.front());
    retired_.pop_front();
  }
}

void IscsiTransport::note_logout(iscsi_context*, int, void*, void* self) {
  static_cast<IscsiTransport*>(self)->logout_noted_ = true;
}

void IscsiTransport::note_nop(iscsi_context*, int, void*, void* self) {
  static_cast<IscsiTransport*>(self)->nop_outstanding_ = false;
}

void IscsiTransport::on_socket(uint32_t events) {
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

// libiscsi makes a system call, and so a segment, of every PDU, and the segments are what costs:
// the target's machine is woken up for each. Corked, the kernel makes full ones.
void IscsiTransport::flush() {
  const size_t queued = std::exchange(queued_, 0);
  if (queued != 0) {
    const auto cork = [fd = fd_](int on) { setsockopt(fd, IPPROTO_TCP, TCP_CORK, &on, sizeof on); };
    if (queued > 1) {
      cork(1);
    }
    service(POLLOUT);
    if (queued > 1) {
      cork(0);
    }
  }
  if (dead_) {
    loop_.defer(deferred_);
  } else {
    update_watch();
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
  const std::weak_ptr<const bool> alive = alive_;
  const uint64_t epoch = epoch_;
  if (heard) {
    handler_->on_heard();
  }
  if (alive.expired() || epoch != epoch_) {
    return;
  }
  handing_back_ = true;
  if (!hand_back(finished_)) {
    return;
  }
  handing_back_ = false;
  if (epoch == epoch_) {
    flush();
  }
}

void IscsiTransport::on_link_died() {
  const LinkFailure failure = why_iscsi_died(context_, config_, true, socket_error_);
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
  login_.cancel();
  close_context(Farewell::reset);
  state_ = State::down;
  finish_outstanding(mpio::Delivery::dropped);
  if (hand_back(finished_) && hand_back(unsent_) && logging_out && epoch == epoch_) {
    handler_->on_link_lost(mpio::LinkResult::dropped, "the logout was cut short");
  }
}

void IscsiTransport::on_deferred() {
  if (context_ != nullptr && !dead_) {
    flush();
  }
  if (hand_back(unsent_) && dead_ && (state_ == State::up || state_ == State::logging_out)) {
    act_on_notes(false);
  }
}

}  // namespace io
