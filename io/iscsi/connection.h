// One iSCSI connection at the target, from the first login request to its end. It does no I/O of
// its own: bytes are put into the buffers it names, and it names the bytes to send. RFC 7143; one
// connection per session, error recovery level 0, header and data digests.
//
// Whatever comes in, only this connection suffers: what breaks the protocol ends it, with one line
// in the target's log.
//
// Threads: that of the device.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "io/iscsi/command.h"
#include "io/iscsi/login.h"
#include "io/iscsi/out_queue.h"
#include "io/iscsi/pdu_reader.h"
#include "io/iscsi/target.h"

namespace io::iscsi {

// Commands an initiator may have outstanding (MaxCmdSN), and immediate ones beyond that.
inline constexpr uint32_t kCommandWindow = 128;
inline constexpr uint32_t kImmediateCommands = 32;
inline constexpr uint32_t kMaxExpectedBytes = 8U << 20;
inline constexpr size_t kMaxLoginSegmentBytes = size_t{64} * 1024;
// Above so much unsent output nothing more is parsed; above so much awaited data no further R2T is
// sent.
inline constexpr size_t kMaxQueuedBytes = size_t{16} << 20;
inline constexpr size_t kMaxSolicitedBytes = size_t{64} << 20;

// Who owns the socket. Neither call may destroy the connection from inside.
class ConnectionHost {
 public:
  // There is something to send, from outside of received() and sent().
  virtual void on_output() = 0;
  // The connection is over and must be reset at once; nothing is parsed or sent any more.
  virtual void on_reset() = 0;

 protected:
  ~ConnectionHost() = default;
};

class Connection final : private NexusOwner, private PduReader::Client {
 public:
  struct Ends {
    std::string peer;        // "address:port", for the log
    std::string local_host;  // numeric; told by SendTargets for portals on every address
  };
  // `target` and `host` outlive it.
  Connection(Target& target, unsigned port, Ends ends, ConnectionHost& host);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // --- bytes in: read into input_buffers(), then received(). Only while wants_input(). ---
  bool wants_input() const { return !over() && state_ != State::closing && !congested(); }
  size_t input_buffers(std::span<iovec> out) { return reader_.buffers(out); }
  void received(size_t bytes);

  // --- bytes out: write what output() shows, then sent() ---
  bool has_output() const { return !queue_.empty(); }
  size_t output(std::span<iovec> out) const { return queue_.gather(out); }
  void sent(size_t bytes);

  // Reset, or logged out (refused, ...) and everything sent: close the socket.
  bool over() const {
    return state_ == State::ended || (state_ == State::closing && queue_.empty());
  }
  bool logged_in() const { return state_ == State::full_feature; }
  const Digests& digests() const { return login_.parameters().digests; }
  size_t command_count() const { return commands_.size(); }
  // True when this is the connection of that session (TSIH) of the initiator port named.
  bool serves(uint16_t session_handle, unsigned port, const SessionParameters& initiator) const;
  uint16_t connection_id() const { return login_.connection_id(); }

  // Sends a NOP-In that asks for an answer (full feature phase only).
  void ping();
  // How many of those were not answered yet.
  unsigned pings_waiting() const { return pings_waiting_; }

  // Ends the connection, with `reason` in the log; returns false, for the parser.
  bool fail(const std::string& reason);
  // The socket is gone: the nexus and its tasks end now, and nothing more is asked of the host.
  void abandon();

 private:
  enum class State : uint8_t { login, full_feature, closing, ended };

  // NexusOwner
  void on_nexus_ended() override;

  // PduReader::Client
  bool on_header(const Header& header, PduReader::Sink& sink) override;
  bool on_pdu(const Header& header) override;
  bool on_damaged_data(const Header& header) override;
  void on_damaged_header() override;

  bool congested() const { return queue_.bytes() > kMaxQueuedBytes; }
  void process();
  base::Bytes segment(const Header& header) const {
    return base::Bytes(segment_).first(header.data_bytes());
  }

  // Login, and the small requests: connection_login.cpp, connection.cpp, connection_text.cpp.
  void login_request(const Header& header);
  bool enter_full_feature(uint16_t& status);
  uint16_t new_handle();
  void nop_out(const Header& header);
  void text_request(const Header& header);
  void send_text(const Header& request);
  std::string text_answer(const Keys& keys);
  void logout_request(const Header& header);
  void reject(const Header& header, RejectReason reason);
  void close_after_output();
  void drop_nexus();

  // True when the request is the next in order (and now counted) or immediate; others are discarded
  // silently.
  bool in_order(const Header& header);
  uint32_t max_command_sn() const;
  Header answer_to(const Header& request, Opcode opcode) const;
  void stamp(Header& header, bool takes_number);

  // SCSI commands and their data: connection_commands.cpp, connection_data.cpp.
  void scsi_command(const Header& header);
  bool take_data_in_command(Command& command, const Header& header);
  void data_out_header(const Header& header, base::MutableBytes& sink);
  void data_out(const Header& header);
  void proceed(Command& command);
  void solicit(Command& command);
  void submit(Command& command);
  void refuse(Command& command, uint8_t sense_key, uint16_t sense_code);
  void complete(Command& command);
  void respond(Command& command);
  void send_data_in(Command& command, uint32_t count, uint8_t residual_flags, uint32_t residual);
  void send_response(Command& command, uint8_t residual_flags, uint32_t residual);
  uint64_t wanted_data_out(const Command& command) const;
  Command* find(uint32_t tag);
  std::unique_ptr<Command> new_command();
  std::unique_ptr<Command> take(Command& command);
  void recycle(std::unique_ptr<Command> command);
  void serve_waiting();

  // Task management: connection_tasks.cpp.
  void task_management(const Header& header);
  void managed(const Header& request, uint8_t response);
  void abort_awaiting(std::optional<uint32_t> lun);
  void end_other_sessions();

  Target& target_;
  unsigned port_;
  Ends ends_;
  ConnectionHost& host_;
  State state_ = State::login;
  bool processing_ = false;
  PduReader reader_;
  OutQueue queue_;
  iovec sink_{};                  // where the data of the PDU that is coming goes
  std::vector<uint8_t> segment_;  // data of requests other than writes

  Login login_;
  bool seen_login_ = false;
  uint16_t session_handle_ = 0;
  std::unique_ptr<Nexus> nexus_;  // null in discovery sessions
  uint32_t stat_sn_ = 0;
  uint32_t exp_command_sn_ = 0;

  std::unordered_map<uint32_t, std::unique_ptr<Command>> commands_;  // by Initiator Task Tag
  uint32_t counted_commands_ = 0;                                    // those in the window
  std::unique_ptr<Command> incoming_;  // its immediate data is arriving
  Command* sink_command_ = nullptr;    // its Data-Out is arriving
  uint32_t next_transfer_tag_ = 1;
  size_t solicited_bytes_ = 0;
  std::deque<uint32_t> waiting_for_room_;
  std::vector<std::unique_ptr<Command>> spare_commands_;
  size_t spare_bytes_ = 0;

  std::string text_in_;   // of text requests with the C bit
  std::string text_out_;  // the answer that is being told
  size_t text_told_ = 0;
  uint32_t next_ping_tag_ = 1;
  unsigned pings_waiting_ = 0;
};

}  // namespace io::iscsi
