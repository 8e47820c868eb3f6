// The control socket: any bytes of a client, in any pieces. Each line has one answer, a JSON object
// of one line; the socket serves the next client whatever the last one did. And what `dsmkit show`
// makes of any answer is text.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "base/assert.h"
#include "cli/show_text.h"
#include "fuzz/input.h"
#include "io/control_socket.h"

namespace {

using fuzz::Input;

std::string socket_path() {
  const char* const folder = std::getenv("TMPDIR");
  return std::string(folder != nullptr ? folder : "/tmp") + "/control_fuzz." +
         std::to_string(getpid());
}

struct Server {
  Server() {
    std::string error;
    socket = io::ControlSocket::open(
        loop, path,
        [this](const io::ControlRequest& request) -> nlohmann::json {
          ++requests;
          return {{"ok", true}, {"command", request.command}, {"arguments", request.arguments}};
        },
        error);
    BASE_ASSERT(socket != nullptr);
    std::atexit([] { unlink(socket_path().c_str()); });
  }
  io::EventLoop loop;
  std::string path = socket_path();
  size_t requests = 0;
  std::unique_ptr<io::ControlSocket> socket;
};
Server& server() {
  static Server* const only = new Server;
  return *only;
}

class Client {
 public:
  Client() : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    server().path.copy(address.sun_path, sizeof address.sun_path - 1);
    BASE_ASSERT(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }
  ~Client() {
    close(fd_);
    turn();
    turn();
  }
  void say(base::Bytes bytes) {
    static_cast<void>(!send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
    turn();
    turn();
    listen();
  }
  const std::string& heard() const { return heard_; }

 private:
  static void turn() { server().loop.run_once(0); }
  void listen() {
    std::array<char, 16384> chunk;
    ssize_t got = 0;
    while ((got = recv(fd_, chunk.data(), chunk.size(), 0)) > 0) {
      heard_.append(chunk.data(), static_cast<size_t>(got));
      turn();
    }
  }
  int fd_;
  std::string heard_;
};

void converse(Input& input) {
  Client client;
  size_t lines = 0;
  while (!input.empty()) {
    const base::Bytes piece = input.take(1 + size_t{input.byte()} * 16);
    lines += static_cast<size_t>(std::count(piece.begin(), piece.end(), '\n'));
    client.say(piece);
  }
  const std::string& heard = client.heard();
  size_t answers = 0;
  for (size_t at = 0; at < heard.size(); ++answers) {
    const size_t end = heard.find('\n', at);
    BASE_ASSERT(end != std::string::npos);
    const auto answer = nlohmann::json::parse(heard.substr(at, end - at), nullptr, false);
    BASE_ASSERT(answer.is_object() && (answer.contains("ok") || answer.contains("error")));
    at = end + 1;
  }
  BASE_ASSERT(answers <= lines + 1);  // and one for a line that is too long
}

void show(base::Bytes bytes) {
  const auto answer = nlohmann::ordered_json::parse(bytes.begin(), bytes.end(), nullptr, false);
  if (answer.is_object() && cli::is_disk_state(answer)) {
    BASE_ASSERT(!cli::show_text(answer).empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input({data, size});
  if ((input.byte() & 1) != 0) {
    show(input.rest());
  } else {
    converse(input);
  }
  return 0;
}
