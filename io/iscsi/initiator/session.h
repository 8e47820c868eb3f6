// One iSCSI session as the initiator holds it, from the login request to its end. It does no I/O of
// its own: bytes are put into the buffers it names, and it names the bytes to send. RFC 7143; one
// connection, error recovery level 0, header and data digests.
//
// Nothing is called back. What has happened is asked for after received(): finished commands with
// take_finished(), and whether the session goes on with ending().
//
// The target is not trusted: every tag, offset, length and number it sends is checked, and the
// first that is wrong ends the session with one sentence about it. Memory is bounded by what the
// caller has submitted. Answers that do not come are the caller's to notice; there is no clock in
// here.
//
// Threads: one.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "io/iscsi/initiator/command_list.h"
#include "io/iscsi/initiator/login.h"
#include "io/iscsi/initiator/parameters.h"
#include "io/iscsi/initiator/send_queue.h"
#include "io/iscsi/initiator/task.h"
#include "io/iscsi/pdu_reader.h"
#include "io/iscsi/task_functions.h"
#include "mpio/transport.h"

namespace io::iscsi::initiator {

struct Ending {
  enum class Why : uint8_t {
    none,
    login_refused,     // with `status`
    login_redirected,  // `text` is where to
    chap_failed,
    unproved,
    unwilling,   // `text`
    violation,   // `text`: what the target did wrong
    asked_for,   // `text`: why the target wants it
    logged_out,  // by logout()
  };
  Why why = Why::none;
  uint16_t status = 0;
  std::string text;
};

class Session final : private PduReader::Client {
 public:
  // Begins with the login request.
  explicit Session(Parameters wanted);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // --- bytes in: read into input_buffers(), then received(). Not when it has ended. ---
  size_t input_buffers(std::span<iovec> out) { return reader_.buffers(out); }
  void received(size_t bytes);

  // --- bytes out: write what output() shows, then sent() ---
  bool has_output() const { return !queue_.empty() || first_sending_ != kNoPlace; }
  size_t output(std::span<iovec> out);
  void sent(size_t bytes);

  bool up() const { return state_ == State::up; }
  bool ended() const { return ending_.why != Ending::Why::none; }
  const Ending& ending() const { return ending_; }
  const Agreement& agreement() const { return login_.agreement(); }

  // Sends a command, at once or when the target's command window opens. Its answer is filled in
  // when take_finished() returns it. At most kMostSlices slices.
  void submit(mpio::TransportCommand& command);
  // The next command that has its answer; null when there is none (left).
  mpio::TransportCommand* take_finished() { return finished_.pop(); }
  // All of them, behind what is in `list`.
  void take_finished(CommandList& list) { list.append(finished_); }
  // Every command that is still out ends like this; nothing is sent or received any more.
  void take_back(mpio::Delivery delivery);
  bool idle() const { return tasks_.count() == 0 && waiting_.empty(); }

  // Asks for a sign of life, unless one is outstanding.
  void ping();
  // Asks the target to close; ending() says when it has agreed. Nothing is to be submitted any
  // more.
  void logout();

  // One at a time. abort_task is for `task`, which has been submitted and not come back; the others
  // are for the logical unit, or the target. Commands that end by it come back with status
  // TASK ABORTED. False when one is outstanding, or the command is not with the target.
  bool manage(scsi::TaskFunction function, const mpio::TransportCommand* task = nullptr);
  // The answer, once.
  std::optional<uint8_t> take_function_response();

  // Discovery: asks for all targets; text() is the answer when text_done().
  void send_targets();
  bool text_done() const { return text_done_; }
  const std::string& text() const { return text_; }

  static constexpr size_t kMostSlices = 1024;
  static constexpr size_t kMaxTextBytes = size_t{1} << 20;

 private:
  enum class State : uint8_t { login, up, leaving, over };
  static constexpr uint32_t kNoPlace = 0xffffffff;

  // PduReader::Client
  bool is_plausible(const Header& header) override;
  bool on_header(const Header& header, PduReader::Sink& sink) override;
  bool on_pdu(const Header& header) override;
  bool on_damaged_data(const Header& header) override;
  void on_damaged_header() override;

  bool end(Ending::Why why, std::string text, uint16_t status = 0);
  bool violation(std::string text) { return end(Ending::Why::violation, std::move(text)); }
  base::Bytes segment(const Header& header) const {
    return base::Bytes(segment_).first(header.data_bytes());
  }

  // session.cpp: login, numbering.
  void send_login();
  bool on_login_response(const Header& header);
  bool dispatch(const Header& header);
  bool count_status(const Header& header);
  void take_window(const Header& header);
  bool window_open() const { return serial_difference(max_command_sn_, command_sn_) >= 0; }
  void stamp(Header& header, bool immediate);

  // session_commands.cpp
  void start(mpio::TransportCommand& command);
  void start_waiting();
  bool on_data_in_header(const Header& header, PduReader::Sink& sink);
  bool on_data_in(const Header& header);
  bool on_response(const Header& header);
  bool finish(Task& task, const Header& header);
  void conclude(Task& task);

  // session_data_out.cpp
  void send_later(Task& task);
  void make_data_out();
  bool on_ready_to_transfer(const Header& header);

  // session_requests.cpp
  uint32_t new_request_tag();
  void send_nop(const Header& header);
  Header request(Opcode opcode, uint8_t flags, bool immediate, uint32_t tag);
  bool on_nop_in(const Header& header);
  bool on_text_response(const Header& header);
  bool on_function_response(const Header& header);
  bool on_logout_response(const Header& header);
  bool on_async_message(const Header& header);
  bool on_reject(const Header& header);
  bool abort_tasks();

  const Parameters wanted_;
  Login login_;
  State state_ = State::login;
  Ending ending_;
  PduReader reader_;
  SendQueue queue_;
  std::vector<uint8_t> segment_;  // data of what is no Data-In
  std::vector<iovec> pieces_;     // where the Data-In that is coming goes

  uint32_t command_sn_ = 1;
  uint32_t max_command_sn_ = 1;
  uint32_t exp_stat_sn_ = 0;

  TaskTable tasks_;
  CommandList waiting_;  // for the command window
  CommandList finished_;
  uint32_t first_sending_ = kNoPlace;  // tasks with data to send, by their place; in order
  uint32_t last_sending_ = kNoPlace;
  Task* arriving_ = nullptr;  // its Data-In is coming

  // Requests other than commands; of each kind one is out at most.
  uint16_t requests_ = 0;
  uint32_t nop_tag_ = kNoTag;
  unsigned queued_nops_ = 0;
  uint32_t text_tag_ = kNoTag;
  uint32_t logout_tag_ = kNoTag;
  uint32_t function_tag_ = kNoTag;
  scsi::TaskFunction function_{};
  uint32_t function_task_ = kNoTag;  // the tag that abort_task is about
  uint32_t function_sn_ = 0;         // commands before this one are concerned
  std::optional<uint8_t> function_response_;
  bool text_done_ = false;
  std::string text_;
};

}  // namespace io::iscsi::initiator
