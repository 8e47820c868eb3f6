// Parsing and printing of NBD addresses.
#include "io/nbd/address.h"

#include <sys/un.h>

#include <algorithm>
#include <charconv>

namespace io::nbd {
namespace {

constexpr std::string_view kUnix = "unix:";
constexpr std::string_view kTcp = "tcp:";
constexpr size_t kMaxPathBytes = sizeof(sockaddr_un::sun_path) - 1;

ParsedAddress failed(std::string_view text, const std::string& why) {
  return {std::nullopt, "NBD address '" + std::string(text) + "': " + why};
}

ParsedAddress parse_unix(std::string_view text, std::string_view path) {
  if (path.empty()) {
    return failed(text, "the path is missing; write unix:PATH");
  }
  if (path.size() > kMaxPathBytes) {
    return failed(text, "the path has " + std::to_string(path.size()) +
                            " bytes and a socket's may have " + std::to_string(kMaxPathBytes) +
                            "; use a shorter one");
  }
  if (path.find('\0') != std::string_view::npos) {
    return failed(text, "the path contains a NUL byte");
  }
  return {Address{.kind = Address::Kind::unix_socket, .path = std::string(path)}, {}};
}

ParsedAddress parse_tcp(std::string_view text, std::string_view rest) {
  const size_t colon = rest.rfind(':');
  if (colon == std::string_view::npos) {
    return failed(text, "the port is missing; write tcp:HOST:PORT");
  }
  std::string_view host = rest.substr(0, colon);
  const std::string_view port_text = rest.substr(colon + 1);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find_first_of("[]:") != std::string_view::npos) {
    return failed(text, "put an IPv6 address into brackets: tcp:[ADDRESS]:PORT");
  }
  if (host.empty()) {
    return failed(text, "the host is missing; write tcp:HOST:PORT");
  }
  if (std::any_of(host.begin(), host.end(),
                  [](char c) { return c <= ' ' || c > '~' || c == '[' || c == ']'; })) {
    return failed(text, "the host contains a bracket, a blank or a control character");
  }
  uint16_t port = 0;
  const char* const end = port_text.data() + port_text.size();
  const auto [stop, code] = std::from_chars(port_text.data(), end, port);
  if (code != std::errc{} || stop != end) {
    return failed(text,
                  "the port '" + std::string(port_text) + "' is not a number from 0 to 65535");
  }
  return {Address{.kind = Address::Kind::tcp, .host = std::string(host), .port = port}, {}};
}

std::string percent_encoded(std::string_view text, std::string_view also_plain) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string result;
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos || also_plain.find(c) != std::string_view::npos) {
      result += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      result += '%';
      result += kHex[byte >> 4];
      result += kHex[byte & 0xf];
    }
  }
  return result;
}

std::string bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

}  // namespace

std::string Address::text() const {
  if (kind == Kind::unix_socket) {
    return std::string(kUnix) + path;
  }
  return std::string(kTcp) + bracketed(host) + ":" + std::to_string(port);
}

std::string Address::uri(std::string_view export_name) const {
  const std::string name = percent_encoded(export_name, "");
  if (kind == Kind::unix_socket) {
    return "nbd+unix:///" + name + "?socket=" + percent_encoded(path, "/");
  }
  return "nbd://" + bracketed(host) + ":" + std::to_string(port) + "/" + name;
}

ParsedAddress parse_address(std::string_view text) {
  if (text.starts_with(kUnix)) {
    return parse_unix(text, text.substr(kUnix.size()));
  }
  if (text.starts_with(kTcp)) {
    return parse_tcp(text, text.substr(kTcp.size()));
  }
  return failed(text, "it must be unix:PATH or tcp:HOST:PORT");
}

}  // namespace io::nbd
