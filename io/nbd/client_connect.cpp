// How a client gets from an address to an export: look-up, connection, handshake.
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/assert.h"
#include "base/units.h"
#include "io/nbd/client.h"

namespace io::nbd {
namespace {

using base::kNsPerMs;

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

// The server is silent between NBD_OPT_GO's last reply and the first request, so nothing of the
// transmission phase can be in here.
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

}  // namespace io::nbd
