// See iscsi_transport.h.
#include "io/iscsi_transport.h"

#include <sys/epoll.h>

#include <utility>

#include "base/assert.h"

namespace io {

IscsiTransport::IscsiTransport(EventLoop& loop, IscsiPathConfig config)
    : loop_(loop),
      config_(std::move(config)),
      name_(portal_text(config_.host, config_.port) + "/" + config_.target + "/" +
            std::to_string(config_.lun)),
      login_(loop, config_, SessionKind::normal) {}

IscsiTransport::~IscsiTransport() {
  alive_.reset();
  function_answered_ = nullptr;
  drop();
  loop_.cancel(function_timer_);
  BASE_ASSERT(unsent_.empty());  // nobody submits to what is being destroyed
}

void IscsiTransport::start_login() {
  BASE_ASSERT(handler_ != nullptr && state_ == State::down);
  ++epoch_;
  state_ = State::logging_in;
  login_.start([this](const LinkFailure& failure, std::unique_ptr<IscsiSocket> socket) {
    on_login_done(failure, std::move(socket));
  });
}

void IscsiTransport::on_login_done(const LinkFailure& failure,
                                   std::unique_ptr<IscsiSocket> socket) {
  if (failure.result != mpio::LinkResult::ok) {
    state_ = State::down;
    ++epoch_;
    handler_->on_login_done(failure.result, failure.detail);
    return;
  }
  socket_ = std::move(socket);
  handing_back_ = false;
  state_ = State::up;
  watched_events_ = socket_->events();
  loop_.watch(socket_->fd(), watched_events_, [this](uint32_t events) { on_socket(events); });
  handler_->on_login_done(mpio::LinkResult::ok, "");
}

std::string IscsiTransport::endpoint() const {
  return login_.portal() + "/" + config_.target + "/" + std::to_string(config_.lun);
}

void IscsiTransport::close_socket(Farewell farewell, mpio::Delivery delivery) {
  if (socket_ == nullptr) {
    return;
  }
  loop_.unwatch(socket_->fd());
  socket_->session().take_back(delivery);
  socket_->session().take_finished(finished_);
  socket_->close(farewell);
  socket_.reset();
  if (function_answered_) {
    loop_.defer(function_timer_);
  }
}

void IscsiTransport::on_socket(uint32_t events) {
  bool heard = false;
  if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) {
    heard = socket_->read();
  }
  act(heard);
}

void IscsiTransport::act(bool heard) {
  if (socket_->dead()) {
    on_link_died();
    return;
  }
  socket_->session().take_finished(finished_);
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
    if (const auto response = socket_->session().take_function_response()) {
      answer_function(*response == iscsi::kFunctionComplete);
    }
  }
  if (!alive.expired() && epoch == epoch_) {
    flush();
  }
}

bool IscsiTransport::manage(scsi::TaskFunction function, std::function<void(bool)> answered) {
  if (state_ != State::up || socket_->dead() || function_answered_ ||
      !socket_->session().manage(function)) {
    return false;
  }
  function_answered_ = std::move(answered);
  flush_soon();
  return true;
}

void IscsiTransport::answer_function(bool complete) {
  if (function_answered_) {
    std::exchange(function_answered_, nullptr)(complete);
  }
}

void IscsiTransport::flush() {
  socket_->write();
  if (socket_->dead()) {
    loop_.defer(deferred_);
  } else if (socket_->events() != watched_events_) {
    watched_events_ = socket_->events();
    loop_.modify(socket_->fd(), watched_events_);
  }
}

void IscsiTransport::flush_soon() {
  if (!handing_back_ && !deferred_.armed()) {
    loop_.defer(deferred_);
  }
}

void IscsiTransport::on_link_died() {
  const LinkFailure failure = socket_->why(config_, true);
  const bool asked_for = state_ == State::logging_out;
  const bool orderly = socket_->session().ending().why == iscsi::initiator::Ending::Why::logged_out;
  close_socket(orderly ? Farewell::orderly : Farewell::reset, mpio::Delivery::link_lost);
  state_ = State::down;
  const uint64_t epoch = ++epoch_;
  if (!hand_back(finished_) || epoch != epoch_) {
    return;
  }
  if (asked_for) {
    handler_->on_link_lost(mpio::LinkResult::dropped, "logged out");
  } else {
    handler_->on_link_lost(failure.result, failure.detail);
  }
}

void IscsiTransport::submit(mpio::TransportCommand& command) {
  command.delivery = mpio::Delivery::not_sent;
  command.scsi_status = 0;
  command.residual_bytes = 0;
  command.overflow = false;
  command.overflow_bytes = 0;
  command.sense_bytes = 0;
  if (state_ != State::up || socket_->dead()) {
    unsent_.push(command);
    loop_.defer(deferred_);
    return;
  }
  socket_->session().submit(command);
  flush_soon();
}

bool IscsiTransport::send_nop() {
  if (state_ == State::up && !socket_->dead()) {
    socket_->session().ping();
    flush_soon();
  }
  return true;
}

void IscsiTransport::logout() {
  BASE_ASSERT(state_ == State::up);
  state_ = State::logging_out;
  if (!socket_->dead()) {
    socket_->session().logout();
  }
  loop_.defer(deferred_);
}

void IscsiTransport::drop() {
  const bool logging_out = state_ == State::logging_out && alive_ != nullptr;
  const uint64_t epoch = ++epoch_;
  loop_.cancel(deferred_);
  login_.cancel();
  close_socket(Farewell::reset, mpio::Delivery::dropped);
  state_ = State::down;
  if (hand_back(finished_) && hand_back(unsent_) && logging_out && epoch == epoch_) {
    handler_->on_link_lost(mpio::LinkResult::dropped, "the logout was cut short");
  }
}

void IscsiTransport::on_deferred() {
  if (socket_ != nullptr && !socket_->dead()) {
    flush();
  }
  if (hand_back(unsent_) && socket_ != nullptr && socket_->dead()) {
    act(false);
  }
}

// Takes from the member lists one by one, so that a handler that drops the link or destroys this
// object from inside finds there what is still to be handed back. What it submits anew from inside
// waits for the next round.
bool IscsiTransport::hand_back(CommandList& commands) {
  const std::weak_ptr<const bool> alive = alive_;
  const bool destructing = alive_ == nullptr;
  for (size_t left = commands.size(); left > 0 && !commands.empty(); --left) {
    handler_->on_command_done(*commands.pop());
    if (!destructing && alive.expired()) {
      return false;
    }
  }
  return true;
}

}  // namespace io
