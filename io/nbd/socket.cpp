// The system calls behind socket.h.
#include "io/nbd/socket.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

namespace io::nbd {
namespace {

constexpr int kBacklog = 128;

std::string system_text(int error) {
  return std::strerror(error);
}

struct Resolved {
  std::vector<SocketAddress> addresses;  // empty exactly when there is an error
  std::string error;
};

Resolved look_up(const std::string& host, uint16_t port_number, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(port_number);
  const int code = getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
  if (code != 0) {
    return {{}, "the host '" + host + "' cannot be resolved: " + gai_strerror(code)};
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, freeaddrinfo);
  Resolved result;
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    SocketAddress& to = result.addresses.emplace_back();
    std::memcpy(&to.storage, at->ai_addr, at->ai_addrlen);
    to.size_bytes = at->ai_addrlen;
  }
  return result;
}

Fd new_socket(int family) {
  return Fd(socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

const sockaddr* generic(const SocketAddress& address) {
  return reinterpret_cast<const sockaddr*>(&address.storage);
}

// Empty when the path is free now.
std::string clear_stale_file(const std::string& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) {
    return {};
  }
  if (!S_ISSOCK(status.st_mode)) {
    return "the file exists and is not a socket; remove it or choose another path";
  }
  const Connecting probe = start_connect(unix_address(path));
  if (probe.error == EACCES || probe.error == EPERM) {
    return "the file exists and belongs to another user; choose another path";
  }
  if (probe.error != ECONNREFUSED) {
    return "another process already listens there; stop it or choose another path";
  }
  if (unlink(path.c_str()) != 0) {
    return "the file of a dead process cannot be removed: " + system_text(errno);
  }
  return {};
}

Listening listen_failed(const Address& address, const std::string& why) {
  Listening result;
  result.error = "cannot listen on " + address.text() + ": " + why;
  return result;
}

Listening listen_unix(const Address& address) {
  const std::string blocked = clear_stale_file(address.path);
  if (!blocked.empty()) {
    return listen_failed(address, blocked);
  }
  Listening result;
  result.fd = new_socket(AF_UNIX);
  const SocketAddress to = unix_address(address.path);
  if (!result.fd || bind(result.fd.get(), generic(to), to.size_bytes) != 0) {
    return listen_failed(address, system_text(errno));
  }
  result.file = SocketFile(address.path);
  if (listen(result.fd.get(), kBacklog) != 0) {
    return listen_failed(address, system_text(errno));
  }
  result.address = address;
  return result;
}

uint16_t bound_port(int fd) {
  SocketAddress own;
  own.size_bytes = sizeof own.storage;
  getsockname(fd, reinterpret_cast<sockaddr*>(&own.storage), &own.size_bytes);
  sockaddr_in six_or_four{};  // the port is at the same place in sockaddr_in6
  std::memcpy(&six_or_four, &own.storage, sizeof six_or_four);
  return ntohs(six_or_four.sin_port);
}

Listening listen_tcp(const Address& address) {
  const Resolved resolved = look_up(address.host, address.port, AI_PASSIVE);
  if (!resolved.error.empty()) {
    return listen_failed(address, resolved.error);
  }
  const SocketAddress& to = resolved.addresses.front();
  Listening result;
  result.fd = new_socket(to.storage.ss_family);
  const int on = 1;
  if (!result.fd || setsockopt(result.fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      bind(result.fd.get(), generic(to), to.size_bytes) != 0 ||
      listen(result.fd.get(), kBacklog) != 0) {
    return listen_failed(address, system_text(errno));
  }
  result.address = address;
  result.address.port = bound_port(result.fd.get());
  return result;
}

struct Vector {
  explicit Vector(std::span<const mpio::IoSlice> slices) {
    for (const mpio::IoSlice& slice : slices.first(std::min(slices.size(), kMaxSlices))) {
      if (slice.size_bytes != 0) {
        parts[count++] = {slice.data, slice.size_bytes};
      }
    }
    message.msg_iov = parts.data();
    message.msg_iovlen = count;
  }
  std::array<iovec, kMaxSlices> parts;
  size_t count = 0;
  msghdr message{};
};

Transfer outcome(ssize_t count) {
  if (count > 0) {
    return {Transfer::Result::done, static_cast<size_t>(count), 0};
  }
  if (count == 0) {
    return {Transfer::Result::end, 0, 0};
  }
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) {
    return {Transfer::Result::would_block, 0, 0};
  }
  return {Transfer::Result::failed, 0, errno};
}

}  // namespace

void Fd::reset() {
  if (fd_ >= 0) {
    close(std::exchange(fd_, -1));
  }
}

SocketFile::SocketFile(std::string path) : path_(std::move(path)) {
  struct stat status {};
  if (lstat(path_.c_str(), &status) == 0) {
    id_ = {status.st_dev, status.st_ino};
  }
}

SocketFile::~SocketFile() {
  struct stat status {};
  if (!path_.empty() && lstat(path_.c_str(), &status) == 0 && status.st_dev == id_.device &&
      status.st_ino == id_.inode) {
    unlink(path_.c_str());
  }
}

Listening listen_on(const Address& address) {
  return address.kind == Address::Kind::unix_socket ? listen_unix(address) : listen_tcp(address);
}

SocketAddress unix_address(const std::string& path) {
  SocketAddress result;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), std::min(path.size(), sizeof address.sun_path - 1));
  std::memcpy(&result.storage, &address, sizeof address);
  result.size_bytes = sizeof address;
  return result;
}

SocketAddress tcp_address(const std::string& host, uint16_t port) {
  const Resolved found = look_up(host, port, AI_NUMERICHOST);
  return found.addresses.empty() ? SocketAddress{} : found.addresses.front();
}

Connecting start_connect(const SocketAddress& to) {
  Connecting result;
  result.fd = new_socket(to.storage.ss_family);
  if (!result.fd) {
    result.error = errno;
  } else if (connect(result.fd.get(), generic(to), to.size_bytes) != 0 && errno != EINPROGRESS) {
    result.error = errno;
    result.fd.reset();
  }
  return result;
}

int pending_error(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

void set_no_delay(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Transfer receive(int fd, std::span<const mpio::IoSlice> into) {
  Vector vector(into);
  return outcome(recvmsg(fd, &vector.message, 0));
}

Transfer send(int fd, std::span<const mpio::IoSlice> from) {
  Vector vector(from);
  return outcome(sendmsg(fd, &vector.message, MSG_NOSIGNAL));
}

}  // namespace io::nbd
