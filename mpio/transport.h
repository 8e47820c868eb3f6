// What the multipath disk needs from a transport: one I_T_L nexus (one session of one target
// port, one LUN). iSCSI, /dev/sg and the simulator implement it; `mpio/` knows none
// of them. (The sg nodes of one path share one nexus, whatever the lane: io/sg/transport.h.)
//
// Threads: a Transport belongs to one event loop (one lane). Every call and every callback happens
// on that loop's thread. Callbacks never run from inside start_login(), submit() or send_nop();
// they do run from inside drop() (see there), and a handler may call any method from a callback.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "scsi/cdb.h"

namespace mpio {

// Why a link (a login, or an established session) ended or could not be made.
enum class LinkResult : uint8_t {
  ok,
  refused,         // the portal answered, but nobody listens or it refused the connection
  unreachable,     // no route, host name does not resolve
  timed_out,       // no answer within the caller's deadline
  auth_failed,     // CHAP: wrong name or secret, or the target demands CHAP
  no_such_target,  // login status 0203h: target not found, or removed
  no_such_lun,     // the session is fine; the LUN does not exist
  protocol_error,  // the peer broke the protocol; the message says how
  closed_by_peer,  // orderly end of the connection
  reset,           // connection reset, or any other socket error
  dropped,         // drop() was called here
};
std::string_view name_of(LinkResult result);

// How one command ended as seen by the transport. `delivered` means that the target answered: look
// at scsi_status and sense. With every other value the command MAY STILL EXECUTE at the target.
enum class Delivery : uint8_t {
  delivered,
  link_lost,  // the connection ended with the command outstanding
  dropped,    // drop() took it back
  not_sent,   // never left this machine (submitted to a link that is not up): cannot execute
};

// What settles a write that was given up without an answer, so that newer writes to its blocks need
// not wait any more (docs/late-writes.md).
enum class SettledBy : uint8_t {
  login,  // a later login of the session that carried it; else time
  end,    // this machine still holds it and may send it yet: TransportHandler::on_held_ended()
  time,   // time alone: no login proves anything
};

// The two ends of a path as its protocol names them, for settings (settings.h); `portal` is where
// the target is reached now.
struct PathPorts {
  std::string initiator;
  std::string target;
  std::string portal;
};

struct IoSlice {
  uint8_t* data = nullptr;
  size_t size_bytes = 0;
};

enum class Direction : uint8_t { none, from_target, to_target };

class TransportHandler;

// One SCSI command. Owned by the caller, who keeps it and its buffers alive until
// on_command_done(). Data moves between the slices and the socket without another copy.
struct TransportCommand {
  // In.
  scsi::Cdb cdb;
  Direction direction = Direction::none;
  std::span<const IoSlice> slices;  // exactly length_bytes altogether
  uint32_t length_bytes = 0;
  uint64_t deadline_ns = 0;  // a duration: the caller waits no longer. What can, aborts it then
  void* owner = nullptr;     // the caller's
  // Out, valid in on_command_done().
  Delivery delivery = Delivery::not_sent;
  uint8_t scsi_status = 0;
  uint32_t residual_bytes = 0;  // underflow: bytes fewer than length_bytes
  bool overflow = false;
  uint32_t overflow_bytes = 0;  // then: how many more there were, where the target says
  std::array<uint8_t, 252> sense{};
  uint16_t sense_bytes = 0;
  SettledBy settled_by = SettledBy::login;  // with link_lost and dropped
  // The transport's own.
  void* transport_state = nullptr;
  uint64_t transport_tag = 0;
};

class TransportHandler {
 public:
  // The login asked for ended. On LinkResult::ok the link is up; else it is down and `detail` is
  // one sentence for a person, naming portal and target.
  virtual void on_login_done(LinkResult result, std::string_view detail) = 0;
  // The command is the caller's again. Each submitted command comes back exactly once.
  virtual void on_command_done(TransportCommand& command) = 0;
  // An established link ended by itself. All outstanding commands have been handed back (link_lost)
  // before this call. The transport is down; start_login() may be called again.
  virtual void on_link_lost(LinkResult result, std::string_view detail) = 0;
  // Anything at all was heard from the target (a response, data, a NOP answer).
  virtual void on_heard() = 0;
  // Commands were handed back as SettledBy::end; now this machine holds none of them any more.
  // Either all of them have been answered or were aborted by word of the target (`answered`), or
  // `then` is what settles them from here on. Comes while the link is down, and never after a
  // login.
  virtual void on_held_ended(bool answered, SettledBy then) {
    static_cast<void>(answered);
    static_cast<void>(then);
  }

 protected:
  ~TransportHandler() = default;
};

class Transport {
 public:
  virtual ~Transport() = default;

  virtual void set_handler(TransportHandler& handler) = 0;

  // Begins TCP connect and login (or open). Only when down. The same ISID is used every time, so
  // that a new login reinstates the old session (RFC 7143 6.3.5): the target must end the old
  // session's tasks first. No deadline here: the caller arms its own and calls drop().
  virtual void start_login() = 0;

  // Sends one command. On a link that is not up it is handed back as not_sent (later, not from
  // inside).
  virtual void submit(TransportCommand& command) = 0;

  // Asks the target for a sign of life (iSCSI NOP-Out); the answer shows as on_heard(). At most one
  // is outstanding; further calls while one is outstanding do nothing. Transports without such a
  // thing return false.
  virtual bool send_nop() = 0;

  // Ends the link at once, without any farewell (RST where the transport can). Every outstanding
  // command is handed back with Delivery::dropped before drop() returns; after it no callback comes
  // until the next start_login(). On a link that is down it does nothing.
  virtual void drop() = 0;

  // Orderly logout; on_link_lost(dropped) follows when it is done, or when drop() cuts it short.
  // Only when up and with nothing outstanding.
  virtual void logout() = 0;

  // A stable name of the path for people and for settings: initiator port + target port.
  virtual std::string_view name() const = 0;

  // Where the link that is up really ends, whatever name led there. Two paths with the same end are
  // one path. "": there is no telling.
  virtual std::string endpoint() const { return {}; }

  // The ends of the link that is up, where only a login shows them; else empty.
  virtual PathPorts ports() const { return {}; }

  // The longest data of one command, of the link that is up.
  virtual uint32_t max_transfer_bytes() const { return UINT32_MAX; }
};

}  // namespace mpio
