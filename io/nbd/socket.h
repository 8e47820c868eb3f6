// Stream sockets as the NBD server and client use them: non-blocking, closed on exec, no SIGPIPE.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "io/nbd/address.h"
#include "mpio/block_device.h"

namespace io::nbd {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() { reset(); }
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    reset();
    fd_ = std::exchange(other.fd_, -1);
    return *this;
  }
  explicit operator bool() const { return fd_ >= 0; }
  int get() const { return fd_; }
  void reset();

 private:
  int fd_ = -1;
};

// Removes a unix socket's file when it dies, unless another file has taken the name. Must die
// before the socket is closed: only the open socket keeps the file's inode from being given to
// another one.
class SocketFile {
 public:
  SocketFile() = default;
  explicit SocketFile(std::string path);
  ~SocketFile();
  SocketFile(SocketFile&& other) noexcept : path_(std::exchange(other.path_, {})), id_(other.id_) {}
  SocketFile& operator=(SocketFile&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(id_, other.id_);
    return *this;
  }

 private:
  struct Id {
    dev_t device = 0;
    ino_t inode = 0;
  };
  std::string path_;
  Id id_;
};

struct Listening {
  Fd fd;
  SocketFile file;  // of a unix socket
  Address address;  // as asked for; port 0 is replaced by the one that the system chose
  std::string error;
};
// Binds and listens. The file of a unix socket that nobody listens on any more is replaced; one
// that a process still listens on, and a file that is no socket, are an error. A host name is
// looked up with a blocking call.
Listening listen_on(const Address& address);

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size_bytes = 0;
};
SocketAddress unix_address(const std::string& path);
// `host` is numeric, possibly with a zone; `size_bytes` is 0 if it is not.
SocketAddress tcp_address(const std::string& host, uint16_t port);

// A socket that is connected or being connected (then it becomes writable when that has ended, and
// pending_error() tells how). Without one, `error` is an errno value.
struct Connecting {
  Fd fd;
  int error = 0;
};
Connecting start_connect(const SocketAddress& to);
int pending_error(int fd);
void set_no_delay(int fd);  // nothing happens to a unix socket

struct Transfer {
  enum class Result : uint8_t { done, would_block, end, failed };
  Result result = Result::done;
  size_t count_bytes = 0;  // done: at least 1
  int error = 0;           // failed: the errno value
};
constexpr size_t kMaxSlices = 64;
// At most kMaxSlices slices are used; empty ones are allowed.
Transfer receive(int fd, std::span<const mpio::IoSlice> into);
Transfer send(int fd, std::span<const mpio::IoSlice> from);

}  // namespace io::nbd
