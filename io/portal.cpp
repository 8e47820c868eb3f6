// See portal.h.
#include "io/portal.h"

#include <netdb.h>
#include <netinet/in.h>
#include <unistd.h>
#include <algorithm>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace io {

std::optional<Portal> parse_portal(std::string_view text, std::string& error) {
  const auto complain = [&](const char* what) {
    error = "\"" + std::string(text) + "\" is no portal: " + what +
            "; write HOST:PORT, for example 127.0.0.1:3260 or [::1]:3260";
    return std::nullopt;
  };
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return complain("the port is missing");
  }
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return complain("an IPv6 address needs brackets");
  }
  if (host.empty()) {
    return complain("the host is missing");
  }
  Portal portal{std::string(host), 0};
  const auto [end, problem] =
      std::from_chars(digits.data(), digits.data() + digits.size(), portal.port);
  if (problem != std::errc() || end != digits.data() + digits.size()) {
    return complain("the port must be a number up to 65535");
  }
  return portal;
}

std::string to_text(const Portal& portal) {
  const bool v6 = portal.host.find(':') != std::string::npos;
  return (v6 ? "[" + portal.host + "]" : portal.host) + ":" + std::to_string(portal.port);
}

Portal numeric_portal(const sockaddr* address, socklen_t length) {
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> service{};
  Portal portal;
  if (getnameinfo(address, length, host.data(), host.size(), service.data(), service.size(),
                  NI_NUMERICHOST | NI_NUMERICSERV) == 0) {
    portal.host = host.data();
    portal.port = static_cast<uint16_t>(std::strtoul(service.data(), nullptr, 10));
  }
  return portal;
}

bool parse_portals(std::string_view option, const std::vector<std::string>& texts,
                   std::vector<Portal>& portals, std::string& error) {
  for (const std::string& text : texts) {
    const auto portal = parse_portal(text, error);
    if (!portal) {
      error = std::string(option) + " " + error;
      return false;
    }
    if (portal->port != 0 && std::find(portals.begin(), portals.end(), *portal) != portals.end()) {
      error =
          std::string(option) + " " + text + " is given twice; each portal is a port of its own";
      return false;
    }
    portals.push_back(*portal);
  }
  return true;
}

std::optional<ListenAddress> ListenAddress::resolve(const Portal& portal, std::string& error) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int result =
      getaddrinfo(portal.host.c_str(), std::to_string(portal.port).c_str(), &hints, &found);
  if (result != 0) {
    error = "cannot listen on " + to_text(portal) + ": " + gai_strerror(result);
    return std::nullopt;
  }
  ListenAddress address;
  std::memcpy(&address.address_, found->ai_addr, found->ai_addrlen);
  address.length_ = found->ai_addrlen;
  freeaddrinfo(found);
  return address;
}

int ListenAddress::listen(std::string& error) {
  const int fd = socket(address_.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      bind(fd, reinterpret_cast<const sockaddr*>(&address_), length_) != 0 ||
      ::listen(fd, SOMAXCONN) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address_), &length_) != 0) {
    const int reason = errno;
    error = "cannot listen on " + text() + ": " + std::strerror(reason) +
            (reason == EADDRINUSE ? "; another program serves it, choose a free port" : "");
    if (fd >= 0) {
      close(fd);
    }
    return -1;
  }
  return fd;
}

uint16_t ListenAddress::port() const {
  return numeric_portal(reinterpret_cast<const sockaddr*>(&address_), length_).port;
}

std::string ListenAddress::host() const {
  return numeric_portal(reinterpret_cast<const sockaddr*>(&address_), length_).host;
}

std::string ListenAddress::text() const {
  return to_text(numeric_portal(reinterpret_cast<const sockaddr*>(&address_), length_));
}

bool ListenAddress::is_wildcard() const {
  const std::string address = host();
  return address == "0.0.0.0" || address == "::";
}

}  // namespace io
