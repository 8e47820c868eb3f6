// Connecting, and moving bytes between the socket and the client session.
#include "io/nbd/client.h"

#include <sys/epoll.h>

#include <array>
#include <cstring>
#include <utility>

#include "base/assert.h"

namespace io::nbd {
namespace {

constexpr uint64_t kNsPerMs = 1'000'000;
constexpr int kReadsPerEvent = 16;

mpio::Geometry geometry_of(const ClientHandshake::Export& exported) {
  const auto has = [&](uint16_t flag) {
    return (exported.flags & kHasFlags) != 0 && (exported.flags & flag) != 0;
  };
  mpio::Geometry geometry;
  geometry.logical_block_bytes = exported.minimum_bytes;
  geometry.size_bytes = exported.size_bytes - exported.size_bytes % exported.minimum_bytes;
  geometry.physical_block_bytes = exported.preferred_bytes;
  const uint32_t most = std::min(exported.maximum_bytes, kMaxPayloadBytes);
  geometry.max_transfer_bytes = most - most % exported.minimum_bytes;
  geometry.read_only = has(kReadOnly);
  geometry.can_trim = has(kSendTrim);
  geometry.can_write_zeroes = has(kSendWriteZeroes);
  geometry.can_fua = has(kSendFua);
  return geometry;
}

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

void Client::connect(std::function<void(const std::string& error)> ready) {
  BASE_ASSERT(state_ == State::idle);
  ready_ = std::move(ready);
  state_ = State::connecting;
  session_.reset();
  disconnect_queued_ = false;
  addresses_.clear();
  loop_.arm_after(deadline_timer_, config_.connect_deadline_ms * kNsPerMs);
  if (address_.kind == Address::Kind::tcp) {
    resolver_.start(address_.host, [this](const auto& hosts, const std::string& error) {
      on_resolved(hosts, error);
    });
  } else {
    addresses_.push_back(unix_address(address_.path));
    schedule_flush();  // on_flush() goes on: `ready` is not called from in here
  }
}

void Client::on_resolved(const std::vector<std::string>& hosts, const std::string& error) {
  if (!error.empty()) {
    connect_failed("the host '" + address_.host + "' cannot be resolved: " + error);
    return;
  }
  for (auto host = hosts.rbegin(); host != hosts.rend(); ++host) {
    addresses_.push_back(tcp_address(*host, address_.port));
  }
  try_next_address(0);
}

void Client::try_next_address(int last_error) {
  while (!addresses_.empty()) {
    Connecting connecting = start_connect(addresses_.back());
    addresses_.pop_back();
    if (connecting.fd) {
      fd_ = std::move(connecting.fd);
      loop_.watch(fd_.get(), EPOLLOUT, [this](uint32_t) { on_connected_or_not(); });
      return;
    }
    last_error = connecting.error;
  }
  connect_failed(std::strerror(last_error));
}

void Client::on_connected_or_not() {
  loop_.unwatch(fd_.get());
  const int error = pending_error(fd_.get());
  if (error != 0) {
    fd_.reset();
    try_next_address(error);
    return;
  }
  begin_handshake();
}

void Client::begin_handshake() {
  state_ = State::handshaking;
  if (address_.kind == Address::Kind::tcp) {
    set_no_delay(fd_.get());
  }
  handshake_ = std::make_unique<ClientHandshake>(config_.export_name, config_.structured_replies);
  handshake_input_.clear();
  watching_writable_ = false;
  loop_.watch(fd_.get(), EPOLLIN, [this](uint32_t events) {
    if (state_ == State::handshaking) {
      on_handshake_event(events);
    } else {
      on_events(events);
    }
  });
}

void Client::on_handshake_event(uint32_t events) {
  if ((events & ~uint32_t{EPOLLOUT}) != 0) {
    handshake_read();
  }
  if (state_ == State::handshaking) {
    handshake_write();
  }
}

// Reads only what the handshake still needs, so that nothing of the transmission phase gets in:
// the server is silent between NBD_OPT_GO's last reply and the first request.
void Client::handshake_read() {
  std::array<uint8_t, 4096> bytes;
  const mpio::IoSlice slice{bytes.data(), bytes.size()};
  const Transfer got = receive(fd_.get(), {&slice, 1});
  if (got.result == Transfer::Result::would_block) {
    return;
  }
  if (got.result != Transfer::Result::done) {
    connect_failed(got.result == Transfer::Result::end
                       ? "the server closed the connection during the handshake"
                       : std::strerror(got.error));
    return;
  }
  handshake_input_.insert(handshake_input_.end(), bytes.begin(),
                          bytes.begin() + static_cast<std::ptrdiff_t>(got.count_bytes));
  size_t used = 0;
  while (const size_t count = handshake_->consume(base::Bytes(handshake_input_).subspan(used))) {
    used += count;
  }
  handshake_input_.erase(handshake_input_.begin(),
                         handshake_input_.begin() + static_cast<std::ptrdiff_t>(used));
  if (handshake_->state() == ClientHandshake::State::failed) {
    connect_failed(handshake_->error());
  } else if (handshake_->state() == ClientHandshake::State::done) {
    if (!handshake_input_.empty()) {
      connect_failed("the server sends replies before there are requests");
    } else {
      begin_transmission();
    }
  }
}

void Client::handshake_write() {
  std::vector<uint8_t>& output = handshake_->output();
  if (!output.empty()) {
    const mpio::IoSlice slice{output.data(), output.size()};
    const Transfer put = send(fd_.get(), {&slice, 1});
    if (put.result == Transfer::Result::failed) {
      connect_failed(std::strerror(put.error));
      return;
    }
    output.erase(output.begin(), output.begin() + static_cast<std::ptrdiff_t>(put.count_bytes));
  }
  watch_writable(!output.empty());
}

void Client::begin_transmission() {
  loop_.cancel(deadline_timer_);
  geometry_ = geometry_of(handshake_->exported());
  can_multi_conn_ = (handshake_->exported().flags & kCanMultiConn) != 0;
  session_ = std::make_unique<ClientSession>(handshake_->structured_replies());
  handshake_.reset();
  watch_writable(false);
  state_ = State::connected;
  std::exchange(ready_, nullptr)({});
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

void Client::on_deadline() {
  connect_failed("no answer within " + std::to_string(config_.connect_deadline_ms) + " ms");
}

void Client::connect_failed(const std::string& why) {
  resolver_.cancel();
  loop_.cancel(deadline_timer_);
  close_socket();
  state_ = State::idle;
  std::exchange(ready_, nullptr)("cannot use the NBD server at " + address_.text() + ": " + why);
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
