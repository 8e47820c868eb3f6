// Accepting, counting and ending connections.
#include "io/nbd/server.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/assert.h"
#include "base/units.h"

namespace io::nbd {
namespace {

using base::kNsPerMs;
constexpr uint64_t kAcceptRetryNs = 100 * kNsPerMs;
constexpr int kAcceptsPerEvent = 32;

}  // namespace

Server::Opened Server::open(const std::vector<ServingLane>& lanes, const Address& address,
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
    result.server.reset(new Server(lanes, std::move(listening), std::move(config)));
  } else {
    result.error = std::move(listening.error);
  }
  return result;
}

Server::Server(const std::vector<ServingLane>& lanes, Listening listening, ServerConfig config)
    : loop_(*lanes.front().loop),
      config_(std::move(config)),
      address_(std::move(listening.address)),
      listener_(std::move(listening.fd)),
      file_(std::move(listening.file)) {
  for (const ServingLane& lane : lanes) {
    const auto tell = [this, here = lane.loop == &loop_,
                       alive = std::weak_ptr(alive_)](const std::string& text) {
      const auto say = [this, alive, text] {
        if (alive.lock() != nullptr) {
          log(text);
        }
      };
      here ? say() : loop_.post(say);
    };
    workers_.push_back(std::make_unique<Worker>(*lane.loop, *lane.device, config_, tell));
  }
  watch_listener();
}

Server::~Server() {
  alive_.reset();
  if (listener_) {
    loop_.unwatch(listener_.get());
  }
  loop_.cancel(accept_timer_);
  loop_.cancel(stopped_timer_);
}

size_t Server::connections() const {
  size_t sum = 0;
  for (const auto& worker : workers_) {
    sum += worker->open_connections();
  }
  return sum;
}

SessionCounts Server::counts() const {
  SessionCounts sum;
  for (const auto& worker : workers_) {
    const SessionCounts more = worker->counts();
    sum.requests += more.requests;
    sum.refused += more.refused;
    sum.read_bytes += more.read_bytes;
    sum.written_bytes += more.written_bytes;
  }
  return sum;
}

void Server::stop(std::function<void()> done) {
  BASE_ASSERT(!stopped_);
  stopped_ = std::move(done);
  loop_.unwatch(listener_.get());
  file_ = SocketFile();  // removes the file
  listener_.reset();
  loop_.cancel(accept_timer_);
  for (const auto& worker : workers_) {
    worker->drain([this, alive = std::weak_ptr(alive_)] {
      loop_.post([this, alive] {
        if (alive.lock() != nullptr) {
          on_worker_ended();
        }
      });
    });
  }
}

void Server::on_worker_ended() {
  if (++workers_ended_ == workers_.size()) {
    loop_.defer(stopped_timer_);
  }
}

void Server::on_stopped() {
  const auto done = std::exchange(stopped_, nullptr);
  done();  // may destroy this
}

void Server::watch_listener() {
  loop_.watch(listener_.get(), EPOLLIN, [this](uint32_t) { on_accept(); });
}

Worker& Server::least_busy() const {
  return **std::min_element(workers_.begin(), workers_.end(), [](const auto& a, const auto& b) {
    return a->open_connections() < b->open_connections();
  });
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
    least_busy().take(std::move(fd));
  }
}

void Server::on_accept_retry() {
  watch_listener();
}

void Server::log(const std::string& text) const {
  if (config_.log) {
    config_.log(text);
  }
}

}  // namespace io::nbd
