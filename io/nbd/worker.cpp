// See worker.h.
#include "io/nbd/worker.h"

#include <utility>

#include "base/units.h"

namespace io::nbd {
namespace {

using base::kNsPerMs;

}  // namespace

Worker::Worker(EventLoop& loop, mpio::BlockDevice& device, const ServerConfig& config,
               std::function<void(const std::string&)> log)
    : loop_(loop), device_(device), config_(config), log_(std::move(log)) {}

Worker::~Worker() {
  alive_.reset();
  loop_.cancel(reap_timer_);
  loop_.cancel(drain_timer_);
}

void Worker::take(Fd fd) {
  open_.fetch_add(1, std::memory_order_relaxed);
  // The task may never run: then the socket is closed with it.
  loop_.post([this, alive = std::weak_ptr(alive_), kept = std::make_shared<Fd>(std::move(fd))] {
    if (alive.lock() != nullptr) {
      serve(std::move(*kept));
    }
  });
}

void Worker::serve(Fd fd) {
  Connection::Hooks hooks{[this] { open_.fetch_sub(1, std::memory_order_relaxed); },
                          [this] {
                            if (!reap_timer_.armed()) {
                              loop_.defer(reap_timer_);
                            }
                          },
                          log_};
  connections_.push_back(
      std::make_unique<Connection>(loop_, std::move(fd), device_, config_.exported, config_.limits,
                                   config_.negotiation_deadline_ms, totals_, std::move(hooks)));
  if (draining_) {
    connections_.back()->drain();
  }
}

void Worker::drain(std::function<void()> ended) {
  loop_.post([this, alive = std::weak_ptr(alive_), ended = std::move(ended)] {
    if (alive.lock() == nullptr) {
      return;
    }
    draining_ = true;
    ended_ = ended;
    for (const auto& connection : connections_) {
      connection->drain();
    }
    loop_.arm_after(drain_timer_, config_.drain_deadline_ms * kNsPerMs);
    loop_.defer(reap_timer_);
  });
}

void Worker::on_reap() {
  std::erase_if(connections_, [](const auto& connection) { return connection->ended(); });
  if (draining_ && connections_.empty() && ended_) {
    loop_.cancel(drain_timer_);
    const auto ended = std::exchange(ended_, nullptr);
    ended();
  }
}

void Worker::on_drain_deadline() {
  for (const auto& connection : connections_) {
    connection->close_now();
  }
}

}  // namespace io::nbd
