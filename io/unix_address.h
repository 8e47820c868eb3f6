// The address of a unix-domain socket.
#pragma once

#include <sys/un.h>

#include <optional>
#include <string>

namespace io {

// Empty when the path is empty or longer than the system takes (107 bytes); `error` says so.
std::optional<sockaddr_un> unix_address(const std::string& path, std::string& error);

}  // namespace io
