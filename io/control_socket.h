// The control socket of a running array or disk: a unix-domain socket with one JSON object per line
// each way.
//   {"command": "fault", "arguments": ["controller-crash", "0"]}   ->   {"ok": true, ...} or
//   {"error": "..."}
// Only the user who started the program may connect (mode 0600).
//
// Threads: the server lives in its event loop; control_request() blocks its caller.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "io/event_loop.h"

namespace io {

struct ControlRequest {
  std::string command;
  std::vector<std::string> arguments;
};

class ControlSocket {
 public:
  // The answer is one JSON object; control_error() makes one that says what is wrong.
  using Handler = std::function<nlohmann::json(const ControlRequest&)>;
  // The same, for answers that take their time: `answer` is called once, from the loop, at once or
  // later, also when the client or the socket is gone by then. The client's next request waits.
  using Answer = std::function<void(const nlohmann::json&)>;
  using LateHandler = std::function<void(const ControlRequest&, Answer answer)>;

  // Null when the path cannot be used; `error` says why. A file left by a process that is gone is
  // replaced; one that a living process serves, or that is no socket, is not touched.
  static std::unique_ptr<ControlSocket> open(EventLoop& loop, const std::string& path,
                                             Handler handler, std::string& error);
  static std::unique_ptr<ControlSocket> open_late(EventLoop& loop, const std::string& path,
                                                  LateHandler handler, std::string& error);
  // Removes the file (unless another program has put its own in its place).
  ~ControlSocket();
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;

 private:
  struct Impl;
  explicit ControlSocket(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

nlohmann::json control_error(const std::string& message);

// Sends one request and waits for its answer. False when nobody answers at `path` within
// `timeout_ms`, or the answer is no JSON object; `error` says what and where. An answer with
// "error" in it is an answer: true.
bool control_request(const std::string& path, const ControlRequest& request, nlohmann::json& answer,
                     std::string& error, int timeout_ms = 10'000);

}  // namespace io
