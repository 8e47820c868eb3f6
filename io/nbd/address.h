// Where an NBD server listens, as people write it: unix:PATH or tcp:HOST:PORT.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace io::nbd {

struct Address {
  enum class Kind : uint8_t { unix_socket, tcp };
  Kind kind = Kind::unix_socket;
  std::string path;   // unix_socket
  std::string host;   // tcp: a name or a number, without brackets
  uint16_t port = 0;  // tcp; 0: a server takes any free port

  // As parse_address() reads it.
  std::string text() const;
  // As NBD clients take it: nbd+unix:///NAME?socket=PATH or nbd://HOST:PORT/NAME. Characters that a
  // URI does not allow are percent-encoded.
  std::string uri(std::string_view export_name = {}) const;
};

struct ParsedAddress {
  std::optional<Address> address;
  std::string error;  // one sentence, when there is no address
};

// unix:PATH with a path of 1 to 107 bytes, or tcp:HOST:PORT with HOST in brackets if it is an IPv6
// address and PORT from 0 to 65535.
ParsedAddress parse_address(std::string_view text);

}  // namespace io::nbd
