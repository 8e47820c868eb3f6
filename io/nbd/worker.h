// The connections of the server that live on one loop.
//
// Threads: the loop's own, except what says "any thread".
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "io/event_loop.h"
#include "io/nbd/connection.h"
#include "io/nbd/session.h"
#include "io/nbd/socket.h"
#include "mpio/block_device.h"

namespace io::nbd {

struct ServerConfig {
  Export exported;
  SessionLimits limits;          // per connection
  size_t max_connections = 128;  // more are closed at once
  uint64_t negotiation_deadline_ms = 10'000;
  // stop(): clients that have not fetched their replies by then are cut off.
  uint64_t drain_deadline_ms = 10'000;
  // One sentence per client that was thrown out or refused; may be empty.
  std::function<void(const std::string&)> log;
};

class Worker {
 public:
  // All arguments outlive the worker. `log` is called on this loop.
  Worker(EventLoop& loop, mpio::BlockDevice& device, const ServerConfig& config,
         std::function<void(const std::string&)> log);
  // Closes everything; what the device still works on stays alive until it is done. The loop runs
  // this, or has ended.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Any thread: a client to serve.
  void take(Fd fd);
  // Any thread: finishes and answers what is outstanding, closes, then calls `ended` on this loop.
  void drain(std::function<void()> ended);
  // Any thread: clients whose socket is open, those on their way here included.
  size_t open_connections() const { return open_.load(std::memory_order_relaxed); }
  SessionCounts counts() const { return totals_->now(); }

 private:
  void serve(Fd fd);
  void on_reap();
  void on_drain_deadline();

  EventLoop& loop_;
  mpio::BlockDevice& device_;
  const ServerConfig& config_;
  std::function<void(const std::string&)> log_;
  std::shared_ptr<SessionTotals> totals_ = std::make_shared<SessionTotals>();
  std::atomic<size_t> open_{0};
  std::vector<std::unique_ptr<Connection>> connections_;  // also those whose device work goes on
  bool draining_ = false;
  std::function<void()> ended_;
  std::shared_ptr<const bool> alive_ = std::make_shared<bool>(true);
  base::MemberTimer<&Worker::on_reap> reap_timer_{*this};
  base::MemberTimer<&Worker::on_drain_deadline> drain_timer_{*this};
};

}  // namespace io::nbd
