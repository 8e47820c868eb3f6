// The asking side of the control socket: blocking, with a deadline. See control_socket.h.
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <nlohmann/json.hpp>

#include "io/control_socket.h"
#include "io/unix_address.h"

namespace io {
namespace {

constexpr size_t kMaxAnswerBytes = size_t{64} << 20;

// A connected socket that closes itself.
class Talk {
 public:
  explicit Talk(int timeout_ms)
      : end_(std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms)) {}
  ~Talk() {
    if (fd_ >= 0) {
      close(fd_);
    }
  }
  Talk(const Talk&) = delete;
  Talk& operator=(const Talk&) = delete;

  bool connect_to(const sockaddr_un& address) {
    fd_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return fd_ >= 0 &&
           connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }

  bool send_all(std::string_view text) {
    while (!text.empty()) {
      const ssize_t put = send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (put > 0) {
        text.remove_prefix(static_cast<size_t>(put));
      } else if (!wait_again(POLLOUT)) {
        return false;
      }
    }
    return true;
  }

  bool receive_line(std::string& line) {
    std::array<char, 16384> chunk;
    while (line.size() < kMaxAnswerBytes && line.find('\n') == std::string::npos) {
      const ssize_t got = recv(fd_, chunk.data(), chunk.size(), 0);
      if (got > 0) {
        line.append(chunk.data(), static_cast<size_t>(got));
      } else if (got == 0) {
        errno = ECONNRESET;
        return false;
      } else if (!wait_again(POLLIN)) {
        return false;
      }
    }
    return true;
  }

 private:
  // After a call that failed: true when it may be tried again.
  bool wait_again(short events) {
    if (errno != EAGAIN && errno != EINTR) {
      return false;
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end_ - std::chrono::steady_clock::now());
    pollfd entry{fd_, events, 0};
    const int ready = left.count() <= 0 ? 0 : poll(&entry, 1, static_cast<int>(left.count()));
    if (ready == 0) {
      errno = ETIMEDOUT;
    }
    return ready > 0 || (ready < 0 && errno == EINTR);
  }

  int fd_ = -1;
  std::chrono::steady_clock::time_point end_;
};

}  // namespace

bool control_request(const std::string& path, const ControlRequest& request, nlohmann::json& answer,
                     std::string& error, int timeout_ms) {
  const auto address = unix_address(path, error);
  if (!address) {
    return false;
  }
  const nlohmann::json message = {{"command", request.command}, {"arguments", request.arguments}};
  std::string line;
  Talk talk(timeout_ms);
  if (!talk.connect_to(*address)) {
    error = "nobody answers at the control socket " + path + ": " + std::strerror(errno) +
            "; is the program running, and was it started with --control " + path + "?";
    return false;
  }
  const auto text = message.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  if (!talk.send_all(text) || !talk.receive_line(line)) {
    error = "no answer from the control socket " + path + ": " + std::strerror(errno);
    return false;
  }
  answer = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!answer.is_object()) {
    error = "what answers at " + path + " is no dsmkit control socket";
    return false;
  }
  return true;
}

}  // namespace io
