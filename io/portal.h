// A TCP portal as people write it ("127.0.0.1:3260", "[::1]:3260", "storage.example:3260"), and
// listening on it.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace io {

struct Portal {
  std::string host;  // without brackets
  uint16_t port = 0;
  friend bool operator==(const Portal&, const Portal&) = default;
};

// HOST:PORT; an IPv6 address stands in brackets. Empty for anything else, and then `error` says
// what is wrong. Port 0 is allowed: listening on it takes a free one.
std::optional<Portal> parse_portal(std::string_view text, std::string& error);

// Appends the portals that an option was given, each of them once. False: `error` names the option
// and the portal.
bool parse_portals(std::string_view option, const std::vector<std::string>& texts,
                   std::vector<Portal>& portals, std::string& error);

// A socket address, ready to bind again and again.
class ListenAddress {
 public:
  // Looks the host up (this may block). Empty when it has no address; `error` says so.
  static std::optional<ListenAddress> resolve(const Portal& portal, std::string& error);

  // A non-blocking socket that listens here; -1 with `error` set. The first success fixes a port
  // that was 0.
  int listen(std::string& error);

  uint16_t port() const;
  bool is_wildcard() const;  // every address of the machine
  std::string host() const;  // numeric
  std::string text() const;  // "127.0.0.1:3260", "[::1]:3260"

 private:
  sockaddr_storage address_{};
  socklen_t length_ = 0;
};

// The numeric host and port of a socket address.
Portal numeric_portal(const sockaddr* address, socklen_t length);
std::string to_text(const Portal& portal);

}  // namespace io
