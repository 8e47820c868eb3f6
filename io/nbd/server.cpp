// Accepting, counting and ending connections.
#include "io/nbd/server.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/assert.h"

namespace io::nbd {
namespace {

constexpr uint64_t kNsPerMs = 1'000'000;
constexpr uint64_t kAcceptRetryNs = 100 * kNsPerMs;
constexpr int kAcceptsPerEvent = 32;

void add(SessionCounts& sum, const SessionCounts& more) {
  sum.requests += more.requests;
  sum.refused += more.refused;
  sum.read_bytes += more.read_bytes;
  sum.written_bytes += more.written_bytes;
}

}  // namespace

Server::Opened Server::open(EventLoop& loop, mpio::BlockDevice& device, const Address& address,
                            ServerConfig config) {
  Opened result;
  if (config.exported.name.size() > kMaxStringBytes ||
      config.exported.description.size() > kMaxStringBytes) {
    result.error = "the export's name and its description may have at most " +
                   std::to_string(kMaxStringBytes) + " bytes each";
    return result;
  }
  Listening listening = listen_on(address);
  if (listening.fd) {
    result.server.reset(new Server(loop, device, std::move(listening), std::move(config)));
  } else {
    result.error = std::move(listening.error);
  }
  return result;
}

Server::Server(EventLoop& loop, mpio::BlockDevice& device, Listening listening, ServerConfig config)
    : loop_(loop),
      device_(device),
      config_(std::move(config)),
      address_(std::move(listening.address)),
      listener_(std::move(listening.fd)),
      file_(std::move(listening.file)) {
  watch_listener();
}

Server::~Server() {
  if (listener_) {
    loop_.unwatch(listener_.get());
  }
  loop_.cancel(reap_timer_);
  loop_.cancel(accept_timer_);
  loop_.cancel(drain_timer_);
}

size_t Server::connections() const {
  return static_cast<size_t>(std::ranges::count_if(
      connections_, [](const auto& connection) { return connection->open(); }));
}

SessionCounts Server::counts() const {
  SessionCounts sum = ended_counts_;
  for (const auto& connection : connections_) {
    add(sum, connection->counts());
  }
  return sum;
}

void Server::stop(std::function<void()> done) {
  BASE_ASSERT(!stopping_);
  stopping_ = true;
  stopped_ = std::move(done);
  loop_.unwatch(listener_.get());
  file_ = SocketFile();  // removes the file
  listener_.reset();
  loop_.cancel(accept_timer_);
  for (const auto& connection : connections_) {
    connection->drain();
  }
  loop_.arm_after(drain_timer_, config_.drain_deadline_ms * kNsPerMs);
  loop_.defer(reap_timer_);
}

void Server::watch_listener() {
  loop_.watch(listener_.get(), EPOLLIN, [this](uint32_t) { on_accept(); });
}

void Server::on_accept() {
  for (int i = 0; i < kAcceptsPerEvent; ++i) {
    Fd fd(accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        log(std::string("no NBD client can be accepted for now: ") + std::strerror(errno));
        loop_.unwatch(listener_.get());  // it stays readable: do not spin
        loop_.arm_after(accept_timer_, kAcceptRetryNs);
      }
      return;
    }
    if (connections() >= config_.max_connections) {
      log("an NBD client was refused: there are " + std::to_string(config_.max_connections) +
          " connections already");
      continue;
    }
    Connection::Hooks hooks{[this] {
                              if (!reap_timer_.armed()) {
                                loop_.defer(reap_timer_);
                              }
                            },
                            [this](const std::string& text) { log(text); }};
    connections_.push_back(std::make_unique<Connection>(
        loop_, std::move(fd), device_, config_.exported, config_.limits,
        config_.negotiation_deadline_ms, std::move(hooks)));
  }
}

void Server::on_accept_retry() {
  watch_listener();
}

void Server::on_reap() {
  std::erase_if(connections_, [this](const auto& connection) {
    if (connection->ended()) {
      add(ended_counts_, connection->counts());
    }
    return connection->ended();
  });
  if (stopping_ && connections_.empty() && stopped_) {
    loop_.cancel(drain_timer_);
    const auto done = std::exchange(stopped_, nullptr);
    done();  // may destroy this
  }
}

void Server::on_drain_deadline() {
  for (const auto& connection : connections_) {
    connection->close_now();
  }
}

void Server::log(const std::string& text) const {
  if (config_.log) {
    config_.log(text);
  }
}

}  // namespace io::nbd
