// An iSCSI target that a fuzzer plays, in the initiator's own thread: it listens on 127.0.0.1,
// keeps the newest connection, and knows what the initiator waits for, so that its answers can be
// wrong in one thing at a time.
#pragma once

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "base/assert.h"
#include "io/scripted_target.h"

namespace fuzz {

class HostileTarget {
 public:
  HostileTarget() {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    BASE_ASSERT(listener_ >= 0);
    BASE_ASSERT(bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    BASE_ASSERT(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    BASE_ASSERT(listen(listener_, 8) == 0);
    port_ = ntohs(address.sin_port);
  }
  HostileTarget(const HostileTarget&) = delete;
  HostileTarget& operator=(const HostileTarget&) = delete;

  uint16_t port() const { return port_; }
  bool connected() const { return fd_ >= 0; }

  // Takes in what the initiator has sent since.
  void listen_up() {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) {
      hang_up(true);
      fd_ = fd;
      const int on = 1;  // what has been sent is there at the next turn
      static_cast<void>(setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
      connection_.emplace(fd);
    }
    std::array<uint8_t, 65536> chunk;
    ssize_t got = 0;
    while (fd_ >= 0 && (got = recv(fd_, chunk.data(), chunk.size(), 0)) > 0) {
      in_.insert(in_.end(), chunk.begin(), chunk.begin() + got);
    }
    take_requests();
  }

  void hang_up(bool with_reset) {
    if (fd_ >= 0) {
      // A reset also spares this machine the memory of connections that have ended.
      const linger none{1, 0};
      if (with_reset) {
        static_cast<void>(setsockopt(fd_, SOL_SOCKET, SO_LINGER, &none, sizeof none));
      }
      close(fd_);
    }
    fd_ = -1;
    connection_.reset();
    in_.clear();
    tags_.clear();
    login_.reset();
  }

  void send_raw(base::Bytes bytes) {
    if (connection_) {
      connection_->write_raw(bytes.data(), bytes.size());
    }
  }
  // Lengths and numbers are made right.
  void send_honest(const io::test::Pdu& pdu) {
    if (connection_) {
      connection_->write(pdu);
    }
  }
  // The login request that waits for an answer.
  const io::test::Pdu* login() const { return login_ ? &*login_ : nullptr; }
  void answer_login(std::string_view keys, uint16_t status) {
    if (connection_ && login_) {
      connection_->answer_login(*login_, keys, status);
      login_.reset();
    }
  }
  // The tag of a command that has no answer yet; the oldest is 0.
  uint32_t tag(size_t number) const {
    return tags_.empty() ? 0 : tags_[std::min(number, tags_.size() - 1)];
  }

 private:
  static constexpr size_t kHeaderBytes = 48;

  void take_requests() {
    size_t at = 0;
    while (in_.size() - at >= kHeaderBytes) {
      const size_t size = kHeaderBytes + ((base::load_be24(&in_[at + 5]) + 3U) & ~3U);
      if (in_.size() - at < size) {
        break;
      }
      io::test::Pdu pdu;
      std::copy_n(&in_[at], kHeaderBytes, pdu.header.begin());
      at += size;
      if (pdu.opcode() == 0x03) {
        login_ = pdu;
      } else if (pdu.opcode() != 0x05) {  // Data-Out belongs to a command that is known
        tags_.push_back(pdu.tag());
      }
    }
    in_.erase(in_.begin(), in_.begin() + static_cast<std::ptrdiff_t>(at));
  }

  int listener_ = -1;
  int fd_ = -1;
  uint16_t port_ = 0;
  std::optional<io::test::TargetConnection> connection_;
  std::vector<uint8_t> in_;
  std::vector<uint32_t> tags_;
  std::optional<io::test::Pdu> login_;
};

}  // namespace fuzz
