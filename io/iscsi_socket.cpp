// See iscsi_socket.h.
#include "io/iscsi_socket.h"
#include "scsi/luns.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace io {
namespace {

// So much in one go; then the other sockets get their turn, and whoever waits for what has come
// sends its next command.
constexpr int kReadsPerTurn = 8;
constexpr size_t kBytesPerTurn = size_t{256} * 1024;
constexpr int kWritesPerTurn = 8;
constexpr size_t kReadPieces = 64;
constexpr size_t kWritePieces = 256;

iscsi::initiator::Parameters parameters_of(const IscsiPathConfig& config, SessionKind kind) {
  iscsi::initiator::Parameters wanted;
  wanted.initiator_name = config.initiator_name;
  wanted.isid = config.isid;
  wanted.target = kind == SessionKind::normal ? config.target : "";
  wanted.lun = scsi::encode_lun(config.lun);
  wanted.chap = {config.user, config.password};
  wanted.chap_of_target = {config.target_user, config.target_password};
  wanted.header_digest = config.header_digest;
  wanted.data_digest = config.data_digest;
  return wanted;
}

}  // namespace

int take_socket_error(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

int begin_connect(const std::string& numeric_host, uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (getaddrinfo(numeric_host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
    errno = EADDRNOTAVAIL;
    return -1;
  }
  const int fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  if (fd >= 0) {
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  const bool begun =
      fd >= 0 && (connect(fd, found->ai_addr, found->ai_addrlen) == 0 || errno == EINPROGRESS);
  const int error = errno;
  freeaddrinfo(found);
  if (!begun && fd >= 0) {
    ::close(fd);
  }
  errno = error;
  return begun ? fd : -1;
}

IscsiSocket::IscsiSocket(int fd, const IscsiPathConfig& config, SessionKind kind)
    : fd_(fd), session_(parameters_of(config, kind)) {}

bool IscsiSocket::read() {
  size_t heard = 0;
  for (int turn = 0; turn < kReadsPerTurn && heard < kBytesPerTurn && !dead(); ++turn) {
    std::array<iovec, kReadPieces> buffers;
    const size_t used = session_.input_buffers(buffers);
    size_t room = 0;
    for (size_t i = 0; i < used; ++i) {
      room += buffers[i].iov_len;
    }
    const ssize_t got = readv(fd_, buffers.data(), static_cast<int>(used));
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      error_ = errno == EAGAIN ? 0 : errno;
      break;
    }
    if (got == 0) {
      end_of_stream_ = true;
      break;
    }
    heard += static_cast<size_t>(got);
    session_.received(static_cast<size_t>(got));
    if (static_cast<size_t>(got) < room) {
      break;  // that was all there is; the loop tells when more comes
    }
  }
  return heard != 0;
}

void IscsiSocket::write() {
  blocked_ = false;
  for (int turn = 0; turn < kWritesPerTurn && !dead() && session_.has_output(); ++turn) {
    std::array<iovec, kWritePieces> pieces;
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = session_.output(pieces);
    if (message.msg_iovlen == 0) {
      return;
    }
    const ssize_t put = sendmsg(fd_, &message, MSG_NOSIGNAL);
    if (put >= 0) {
      session_.sent(static_cast<size_t>(put));
    } else if (errno == EAGAIN) {
      break;
    } else if (errno != EINTR) {
      const int error = errno;
      read();  // answers that came before the end count
      error_ = dead() ? error_ : error;
      return;
    }
  }
  blocked_ = session_.has_output();
}

uint32_t IscsiSocket::events() const {
  return EPOLLIN | (blocked_ ? uint32_t{EPOLLOUT} : 0);
}

LinkFailure IscsiSocket::why(const IscsiPathConfig& config, bool logged_in) const {
  return session_.ended() ? session_failure(config, logged_in, session_.ending())
                          : lost_connection(config, logged_in, error_);
}

void IscsiSocket::close(Farewell farewell) {
  if (fd_ < 0) {
    return;
  }
  if (farewell == Farewell::reset) {
    const linger at_once{1, 0};  // makes close() send RST
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  ::close(fd_);
  fd_ = -1;
}

}  // namespace io
