// Host names to socket addresses without blocking the event loop. Numeric addresses need no look-up
// and are answered at once.
//
// The look-up itself (getaddrinfo) blocks and cannot be cancelled, so it has a thread of its own;
// cancelling only means that nobody waits for its answer any more.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "io/event_loop.h"

namespace io {

// "192.0.2.1" or "2001:db8::1" (with a zone where one was given).
using NumericAddress = std::string;

// Empty when `host` is not a numeric IPv4 or IPv6 address (without brackets).
bool is_numeric_address(const std::string& host);

// "host:port", with brackets round an IPv6 address.
std::string portal_text(const std::string& host, uint16_t port);

class Resolver {
 public:
  // `error` is empty exactly when there is at least one address; otherwise the resolver's own
  // words.
  using Done = std::function<void(std::vector<NumericAddress> addresses, std::string error)>;

  explicit Resolver(EventLoop& loop) : loop_(loop) {}
  ~Resolver() { cancel(); }
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // One at a time: a new start() cancels the one before. `done` runs in the loop, never from inside
  // start().
  void start(const std::string& host, Done done);
  // After this `done` is not called.
  void cancel();

 private:
  struct Shared;
  EventLoop& loop_;
  std::shared_ptr<Shared> current_;
};

}  // namespace io
