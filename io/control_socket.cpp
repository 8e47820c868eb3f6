// The server side; see control_socket.h.
#include "io/control_socket.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <list>
#include <nlohmann/json.hpp>
#include <utility>

#include "io/unix_address.h"

namespace io {
namespace {

constexpr size_t kMaxLineBytes = size_t{64} * 1024;
constexpr size_t kMaxClients = 64;
constexpr int kBacklog = 16;

struct Client {
  int fd = -1;
  uint64_t number = 0;  // is never used again
  std::string in;
  std::string out;
  bool waiting = false;  // for the answer to its last request
  bool closing = false;  // when everything is sent
};

// What is wrong with the line, or nothing and `parsed`.
nlohmann::json parse_line(std::string_view line, ControlRequest& parsed) {
  const auto request = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!request.is_object() || !request.contains("command") || !request["command"].is_string()) {
    return control_error(
        "a request is one line of JSON: {\"command\": \"...\", \"arguments\": [...]}");
  }
  parsed = {request["command"].get<std::string>(), {}};
  const auto arguments = request.value("arguments", nlohmann::json::array());
  for (const auto& argument : arguments) {
    if (!arguments.is_array() || !argument.is_string()) {
      return control_error("the arguments must be a list of strings");
    }
    parsed.arguments.push_back(argument.get<std::string>());
  }
  return {};
}

// Whether `path` may be bound: free, or left behind by a process that is gone (then it is removed).
bool clear_the_place(const std::string& path, const sockaddr_un& address, std::string& error) {
  struct stat info {};
  if (lstat(path.c_str(), &info) != 0) {
    if (errno == ENOENT) {
      return true;
    }
    error = "cannot use " + path + " as control socket: " + std::strerror(errno);
    return false;
  }
  if (!S_ISSOCK(info.st_mode)) {
    error = "cannot use " + path + " as control socket: there is a file that is no socket; " +
            "remove it or choose another path";
    return false;
  }
  const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const bool refused =
      probe >= 0 &&
      connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
      errno == ECONNREFUSED;
  if (probe >= 0) {
    close(probe);
  }
  if (!refused) {
    error = "cannot use " + path + " as control socket: a running program serves it; " +
            "stop that one or choose another path";
    return false;
  }
  unlink(path.c_str());
  return true;
}

}  // namespace

nlohmann::json control_error(const std::string& message) {
  return {{"error", message}};
}

struct ControlSocket::Impl {
  Impl(EventLoop& event_loop, std::string socket_path, LateHandler on_request)
      : loop(event_loop), path(std::move(socket_path)), handler(std::move(on_request)) {}
  ~Impl() {
    for (Client& client : clients) {
      drop(client);
    }
    if (fd >= 0) {
      loop.unwatch(fd);
      close(fd);
    }
    struct stat now {};
    if (bound && lstat(path.c_str(), &now) == 0 && now.st_ino == file.st_ino &&
        now.st_dev == file.st_dev) {
      unlink(path.c_str());
    }
  }

  bool open(std::string& error) {
    const auto address = unix_address(path, error);
    if (!address || !clear_the_place(path, *address, error)) {
      return false;
    }
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    // Mode before bind(): the file appears with it, there is no moment when others could connect.
    bound = fd >= 0 && fchmod(fd, S_IRUSR | S_IWUSR) == 0 &&
            bind(fd, reinterpret_cast<const sockaddr*>(&*address), sizeof *address) == 0;
    if (!bound || lstat(path.c_str(), &file) != 0 || listen(fd, kBacklog) != 0) {
      error = "cannot use " + path + " as control socket: " + std::strerror(errno);
      if (fd >= 0) {
        close(fd);
        fd = -1;
      }
      return false;
    }
    loop.watch(fd, EPOLLIN, [this](uint32_t) { accept_one(); });
    return true;
  }

  void accept_one() {
    const int accepted = accept4(fd, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (accepted < 0) {
      return;
    }
    if (clients.size() >= kMaxClients) {
      drop(clients.front());  // the one that has been here longest
      clients.pop_front();
    }
    Client& client = clients.emplace_back();
    client.fd = accepted;
    client.number = ++last_number;
    loop.watch(accepted, EPOLLIN, [this, &client](uint32_t events) { serve(client, events); });
  }

  void serve(Client& client, uint32_t events) {
    if (client.waiting && (events & (EPOLLHUP | EPOLLERR)) != 0) {
      return forget(client);  // nobody is there to hear the answer
    }
    std::array<char, 4096> chunk;
    const ssize_t got = client.closing ? 0 : recv(client.fd, chunk.data(), chunk.size(), 0);
    if (got < 0 && errno != EAGAIN && errno != EINTR) {
      return forget(client);
    }
    if (got == 0) {
      client.closing = true;  // it may still wait for its answer
    }
    if (got > 0) {
      client.in.append(chunk.data(), static_cast<size_t>(got));
      take_lines(client);
    }
    send_some(client);
  }

  void take_lines(Client& client) {
    size_t end = 0;
    while (!client.waiting && (end = client.in.find('\n')) != std::string::npos) {
      const std::string line = client.in.substr(0, end);
      client.in.erase(0, end + 1);
      ControlRequest request;
      const nlohmann::json problem = parse_line(line, request);
      if (!problem.is_null()) {
        put(client, problem);
        continue;
      }
      client.waiting = true;
      const auto inside = std::make_shared<bool>(true);  // this loop goes on by itself
      handler(request, [self = std::weak_ptr(alive), this, number = client.number,
                        inside](const nlohmann::json& answer) {
        if (self.lock() != nullptr) {
          take_answer(number, answer, *inside);
        }
      });
      *inside = false;
    }
    if (!client.waiting && client.in.size() > kMaxLineBytes) {
      client.in.clear();
      client.out += control_error("a request of more than 64 KiB").dump() + "\n";
      client.closing = true;
    }
  }

  static void put(Client& client, const nlohmann::json& answer) {
    client.out += answer.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  }

  void take_answer(uint64_t number, const nlohmann::json& answer, bool inside) {
    const auto client = std::find_if(clients.begin(), clients.end(), [number](const Client& each) {
      return each.number == number;
    });
    if (client == clients.end() || !client->waiting) {
      return;
    }
    client->waiting = false;
    put(*client, answer);
    if (!inside) {
      take_lines(*client);
      send_some(*client);
    }
  }

  void send_some(Client& client) {
    if (!client.out.empty()) {
      const ssize_t put = send(client.fd, client.out.data(), client.out.size(), MSG_NOSIGNAL);
      if (put < 0 && errno != EAGAIN && errno != EINTR) {
        return forget(client);
      }
      client.out.erase(0, put > 0 ? static_cast<size_t>(put) : 0);
    }
    if (client.out.empty() && client.closing && !client.waiting) {
      return forget(client);
    }
    // Nothing more is read from one that does not take its answers, or waits for one.
    const uint32_t reading = client.waiting ? 0U : uint32_t{EPOLLIN};
    loop.modify(client.fd, client.out.empty() ? reading : uint32_t{EPOLLOUT});
  }

  void drop(Client& client) {
    loop.unwatch(client.fd);
    close(client.fd);
  }

  void forget(Client& client) {
    drop(client);
    clients.remove_if([&client](const Client& other) { return &other == &client; });
  }

  EventLoop& loop;
  std::string path;
  LateHandler handler;
  uint64_t last_number = 0;
  std::shared_ptr<const bool> alive = std::make_shared<bool>(true);
  int fd = -1;
  bool bound = false;
  struct stat file {};
  std::list<Client> clients;
};

ControlSocket::ControlSocket(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ControlSocket::~ControlSocket() = default;

std::unique_ptr<ControlSocket> ControlSocket::open(EventLoop& loop, const std::string& path,
                                                   Handler handler, std::string& error) {
  return open_late(
      loop, path,
      [handler = std::move(handler)](const ControlRequest& request, const Answer& answer) {
        answer(handler(request));
      },
      error);
}

std::unique_ptr<ControlSocket> ControlSocket::open_late(EventLoop& loop, const std::string& path,
                                                        LateHandler handler, std::string& error) {
  auto impl = std::make_unique<Impl>(loop, path, std::move(handler));
  if (!impl->open(error)) {
    return nullptr;
  }
  return std::unique_ptr<ControlSocket>(new ControlSocket(std::move(impl)));
}

}  // namespace io
