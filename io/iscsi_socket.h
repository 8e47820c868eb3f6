// The socket of one iSCSI session of ours: moves bytes between the kernel and
// iscsi::initiator::Session. Whoever holds it watches the socket and acts upon what it finds after
// each call; nothing is called back.
#pragma once

#include <cstdint>

#include "io/iscsi/initiator/session.h"
#include "io/iscsi_errors.h"
#include "io/iscsi_path_config.h"

namespace io {

enum class Farewell : uint8_t {
  reset,    // RST; nothing that still sits in this machine's send buffer goes out
  orderly,  // FIN
};

enum class SessionKind : uint8_t { normal, discovery };

class IscsiSocket {
 public:
  // Takes over `fd`, a connected non-blocking socket, and has the login request ready.
  IscsiSocket(int fd, const IscsiPathConfig& config, SessionKind kind);
  ~IscsiSocket() { close(Farewell::reset); }
  IscsiSocket(const IscsiSocket&) = delete;
  IscsiSocket& operator=(const IscsiSocket&) = delete;

  int fd() const { return fd_; }
  iscsi::initiator::Session& session() { return session_; }

  // Takes in what has come, up to a fair share of a turn. True when there was anything.
  bool read();
  // Sends what the session has to say, as far as the kernel takes it.
  void write();
  // What epoll must tell.
  uint32_t events() const;

  // The session or the connection has ended; neither is to be used again.
  bool dead() const { return error_ != 0 || end_of_stream_ || session_.ended(); }
  // Why, once it is dead.
  LinkFailure why(const IscsiPathConfig& config, bool logged_in) const;

  void close(Farewell farewell);

 private:
  int fd_;
  bool blocked_ = false;  // the kernel takes no more for now
  bool end_of_stream_ = false;
  int error_ = 0;
  iscsi::initiator::Session session_;
};

// Where a connection is being made to, non-blocking: the socket, or -1 with errno. Connected, or
// failed, when it becomes writable.
int begin_connect(const std::string& numeric_host, uint16_t port);

// The pending error of a socket, cleared by reading it; 0 when there is none.
int take_socket_error(int fd);

}  // namespace io
