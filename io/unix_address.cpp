// See unix_address.h.
#include "io/unix_address.h"

#include <sys/socket.h>

#include <algorithm>

namespace io {

std::optional<sockaddr_un> unix_address(const std::string& path, std::string& error) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path ||
      path.find('\0') != std::string::npos) {
    error = "the socket path \"" + path + "\" must have 1 to " +
            std::to_string(sizeof address.sun_path - 1) + " bytes; choose a shorter one";
    return std::nullopt;
  }
  std::copy(path.begin(), path.end(), address.sun_path);
  return address;
}

}  // namespace io
