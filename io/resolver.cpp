// See resolver.h. The thread and the loop share a small block; whoever is last frees it.
#include "io/resolver.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace io {

namespace {

std::string look_up(const std::string& host, int flags, std::vector<NumericAddress>& addresses) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  addrinfo* found = nullptr;
  const int result = getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (result != 0) {
    return result == EAI_SYSTEM ? std::strerror(errno) : gai_strerror(result);
  }
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    char text[NI_MAXHOST];
    if ((at->ai_family == AF_INET || at->ai_family == AF_INET6) &&
        getnameinfo(at->ai_addr, at->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) ==
            0 &&
        std::find(addresses.begin(), addresses.end(), text) == addresses.end()) {
      addresses.emplace_back(text);
    }
  }
  freeaddrinfo(found);
  return addresses.empty() ? "it has no IPv4 or IPv6 address" : "";
}

}  // namespace

struct Resolver::Shared {
  std::mutex lock;
  EventLoop* loop = nullptr;  // null: cancelled
  Done done;
};

bool is_numeric_address(const std::string& host) {
  std::vector<NumericAddress> unused;
  return look_up(host, AI_NUMERICHOST, unused).empty();
}

std::string portal_text(const std::string& host, uint16_t port) {
  const bool bare_v6 = host.find(':') != std::string::npos;
  return (bare_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

void Resolver::start(const std::string& host, Done done) {
  cancel();
  current_ = std::make_shared<Shared>();
  current_->loop = &loop_;
  current_->done = std::move(done);

  const auto answer = [shared = current_](std::vector<NumericAddress> addresses,
                                          std::string error) {
    const std::lock_guard lock(shared->lock);
    if (shared->loop == nullptr) {
      return;
    }
    shared->loop->post(
        [shared, addresses = std::move(addresses), error = std::move(error)]() mutable {
          Done callback;
          {
            const std::lock_guard inner(shared->lock);
            if (shared->loop == nullptr) {
              return;
            }
            shared->loop = nullptr;
            callback = std::move(shared->done);
          }
          callback(std::move(addresses), std::move(error));
        });
  };

  std::vector<NumericAddress> addresses;
  if (look_up(host, AI_NUMERICHOST, addresses).empty()) {
    answer(std::move(addresses), "");
    return;
  }
  try {
    std::thread([host, answer] {
      std::vector<NumericAddress> found;
      std::string error = look_up(host, 0, found);
      answer(std::move(found), std::move(error));
    }).detach();
  } catch (const std::system_error& failure) {
    answer({}, std::string("no thread for the look-up: ") + failure.what());
  }
}

void Resolver::cancel() {
  if (current_ != nullptr) {
    const std::lock_guard lock(current_->lock);
    current_->loop = nullptr;
    current_->done = nullptr;
  }
  current_.reset();
}

}  // namespace io
