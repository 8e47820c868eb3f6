// A client's requests and its end: bytes between the socket and the client session.
#include "io/nbd/client.h"

#include <sys/epoll.h>

#include <array>
#include <cstring>
#include <utility>

#include "base/assert.h"

namespace io::nbd {
namespace {

constexpr int kReadsPerEvent = 16;

}  // namespace

Client::Client(EventLoop& loop, Address address, ClientConfig config)
    : loop_(loop), address_(std::move(address)), config_(std::move(config)), resolver_(loop) {}

Client::~Client() {
  close_socket();
  loop_.cancel(deadline_timer_);
  state_ = State::idle;
  disconnected_ = nullptr;
  if (session_) {
    session_->fail_all(EIO);
  }
  while (!refused_.empty()) {
    on_refused();
  }
  loop_.cancel(refused_timer_);
}

void Client::submit(mpio::BlockRequest& request) {
  request.error = state_ == State::connected ? check(request) : EIO;
  if (request.error != 0) {
    refused_.push_back(&request);
    if (!refused_timer_.armed()) {
      loop_.defer(refused_timer_);
    }
    return;
  }
  session_->enqueue(request);
  schedule_flush();
}

int Client::check(const mpio::BlockRequest& request) const {
  const uint64_t block = geometry_.logical_block_bytes;
  const bool is_read = request.op == mpio::BlockOp::read;
  const bool has_data = is_read || request.op == mpio::BlockOp::write;
  if (request.op == mpio::BlockOp::flush) {
    return request.offset_bytes == 0 && request.length_bytes == 0 ? 0 : EINVAL;
  }
  if (!is_read && geometry_.read_only) {
    return EPERM;
  }
  const uint64_t longest =
      has_data ? geometry_.max_transfer_bytes : UINT32_MAX - UINT32_MAX % block;
  if (request.length_bytes == 0 || request.length_bytes > longest ||
      request.offset_bytes % block != 0 || request.length_bytes % block != 0 ||
      (request.fua && !is_read && !geometry_.can_fua) ||
      (request.op == mpio::BlockOp::trim && !geometry_.can_trim) ||
      (request.op == mpio::BlockOp::write_zeroes && !geometry_.can_write_zeroes)) {
    return EINVAL;
  }
  if (request.offset_bytes > geometry_.size_bytes ||
      request.length_bytes > geometry_.size_bytes - request.offset_bytes) {
    return is_read || request.op == mpio::BlockOp::trim ? EINVAL : ENOSPC;
  }
  uint64_t sum_bytes = 0;
  for (const mpio::IoSlice& slice : request.slices) {
    sum_bytes += slice.size_bytes;
  }
  return !has_data || sum_bytes == request.length_bytes ? 0 : EINVAL;
}

void Client::on_refused() {
  for (mpio::BlockRequest* const request : std::exchange(refused_, {})) {
    request->done(*request);
  }
  if (disconnected_) {
    schedule_flush();
  }
}

void Client::disconnect(std::function<void()> done) {
  BASE_ASSERT(!disconnected_);
  disconnected_ = std::move(done);
  if (state_ == State::connected) {
    state_ = State::disconnecting;
  } else {
    resolver_.cancel();
    loop_.cancel(deadline_timer_);
    ready_ = nullptr;
    close_socket();
    state_ = State::idle;
  }
  schedule_flush();
}

void Client::on_events(uint32_t events) {
  if ((events & ~uint32_t{EPOLLOUT}) != 0) {
    read_some();
  }
  if (fd_) {
    on_flush();
  }
}

// Also the next step of connect() and disconnect(), which must not call back from inside.
void Client::on_flush() {
  if (state_ == State::connecting) {
    try_next_address(0);
    return;
  }
  if (state_ == State::disconnecting && session_->outstanding() == 0 && !disconnect_queued_) {
    disconnect_queued_ = true;
    session_->enqueue_disconnect();
  }
  if (fd_ && session_) {
    write_some();
  }
  if (disconnect_queued_ && fd_ && !session_->has_output()) {
    close_socket();
    state_ = State::idle;
  }
  if (state_ == State::idle && disconnected_ && refused_.empty()) {
    std::exchange(disconnected_, nullptr)();  // may destroy this
  }
}

void Client::read_some() {
  for (int i = 0; i < kReadsPerEvent; ++i) {
    std::array<mpio::IoSlice, kMaxSlices> space;
    const size_t count = session_->input_space(space);
    const Transfer got = receive(fd_.get(), std::span(space).first(count));
    if (got.result == Transfer::Result::would_block) {
      return;
    }
    if (got.result != Transfer::Result::done) {
      lose(got.result == Transfer::Result::end ? "the server closed the connection"
                                               : std::strerror(got.error));
      return;
    }
    session_->received(got.count_bytes);
    if (!session_->error().empty()) {
      lose(session_->error());
      return;
    }
    size_t wanted_bytes = 0;
    for (const mpio::IoSlice& slice : std::span(space).first(count)) {
      wanted_bytes += slice.size_bytes;
    }
    if (got.count_bytes < wanted_bytes) {
      return;
    }
  }
}

void Client::write_some() {
  bool blocked = false;
  while (session_->has_output() && !blocked) {
    std::array<mpio::IoSlice, kMaxSlices> out;
    const size_t count = session_->gather(out);
    const Transfer put = send(fd_.get(), std::span(out).first(count));
    switch (put.result) {
      case Transfer::Result::done:
        session_->sent(put.count_bytes);
        break;
      case Transfer::Result::would_block:
        blocked = true;
        break;
      case Transfer::Result::end:
      case Transfer::Result::failed:
        lose(std::strerror(put.error));
        return;
    }
  }
  watch_writable(blocked);
}

void Client::schedule_flush() {
  if (!flush_timer_.armed()) {
    loop_.defer(flush_timer_);
  }
}

void Client::watch_writable(bool wanted) {
  if (fd_ && wanted != watching_writable_) {
    watching_writable_ = wanted;
    loop_.modify(fd_.get(), EPOLLIN | (wanted ? uint32_t{EPOLLOUT} : 0u));
  }
}

void Client::close_socket() {
  if (fd_) {
    loop_.unwatch(fd_.get());
    fd_.reset();
  }
  loop_.cancel(flush_timer_);
}

void Client::lose(const std::string& why) {
  const bool wanted = state_ == State::disconnecting;
  close_socket();
  state_ = State::idle;
  session_->fail_all(EIO);
  if (wanted) {
    schedule_flush();  // reports the end of the disconnection
  } else if (lost_) {
    lost_("the connection to the NBD server at " + address_.text() + " is lost: " + why);
  }
}

}  // namespace io::nbd
