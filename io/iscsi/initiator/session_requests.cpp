// What is not a SCSI command: signs of life, texts, task management, logout; and what the target
// says of its own accord. RFC 7143 11.5, 11.6, 11.9 to 11.11, 11.14 to 11.19.
#include <algorithm>
#include <string>
#include <utility>

#include "base/assert.h"
#include "io/iscsi/initiator/session.h"
#include "scsi/opcodes.h"

namespace io::iscsi::initiator {
namespace {

// Events of an Async Message, 11.9.1.
enum Event : uint8_t {
  kScsiEvent = 0,
  kLogoutWanted = 1,
  kConnectionEnds = 2,
  kSessionEnds = 3,
  kNegotiationWanted = 4,
  kVendorEvent = 255,
};

const char* reason_text(uint8_t reason) {
  switch (reason) {
    case kDataDigestError:
      return "a data digest was wrong";
    case kProtocolError:
      return "protocol error";
    case kCommandNotSupported:
      return "not supported";
    case kTooManyImmediate:
      return "too many immediate commands";
    case kTaskInProgress:
      return "task in progress";
    case kInvalidField:
      return "invalid field";
    default:
      return "no reason that is known here";
  }
}

}  // namespace

// In a place that no task has.
uint32_t Session::new_request_tag() {
  return (uint32_t{++requests_} << TaskTable::kPlaceBits) | TaskTable::kMostTasks;
}

Header Session::request(Opcode opcode, uint8_t flags, bool immediate, uint32_t tag) {
  Header header;
  header.raw[0] = opcode;
  header.raw[1] = flags;
  header.set(16, tag);
  header.set(20, kNoTag);
  stamp(header, immediate);
  return header;
}

// ---- signs of life
// -----------------------------------------------------------------------------------

void Session::ping() {
  if (state_ == State::up && nop_tag_ == kNoTag) {
    nop_tag_ = new_request_tag();
    send_nop(request(kNopOut, kFinal, true, nop_tag_));
  }
}

void Session::send_nop(const Header& header) {
  ++queued_nops_;
  queue_.push(header, {}, kNoTag);
}

bool Session::on_nop_in(const Header& header) {
  if (header.initiator_tag() != kNoTag) {
    if (header.initiator_tag() != nop_tag_) {
      return violation("a NOP-In that answers no NOP-Out");
    }
    nop_tag_ = kNoTag;
    return count_status(header);
  }
  if (header.field(20) != kNoTag) {  // it wants one of ours
    Header answer = request(kNopOut, kFinal, true, kNoTag);
    answer.set(20, header.field(20));
    base::store_be64(&answer.raw[8], header.lun());
    send_nop(answer);
  }
  return true;
}

// ---- texts
// -------------------------------------------------------------------------------------------

void Session::send_targets() {
  BASE_ASSERT(state_ == State::up && text_tag_ == kNoTag);
  using namespace std::string_view_literals;
  text_.clear();
  text_done_ = false;
  text_tag_ = new_request_tag();
  queue_.push_text(request(kTextRequest, kFinal, true, text_tag_), "SendTargets=All\0"sv);
}

bool Session::on_text_response(const Header& header) {
  if (text_tag_ == kNoTag || header.initiator_tag() != text_tag_) {
    return violation("a text response to no text request");
  }
  if (!count_status(header)) {
    return false;
  }
  const base::Bytes data = segment(header);
  if (text_.size() + data.size() > kMaxTextBytes) {
    return violation("a list of targets of more than " + std::to_string(kMaxTextBytes) + " bytes");
  }
  text_.append(data.begin(), data.end());
  const uint32_t transfer_tag = header.field(20);
  const bool more = (header.flags() & kContinue) != 0 || !header.final();
  if (more && (transfer_tag == kNoTag || data.empty())) {
    return violation("a list of targets that is to go on, and does not say where");
  }
  if (more) {
    Header next = request(kTextRequest, kFinal, true, text_tag_);
    next.set(20, transfer_tag);
    base::store_be64(&next.raw[8], header.lun());
    queue_.push(next, {}, kNoTag);
    return true;
  }
  text_tag_ = kNoTag;
  text_done_ = true;
  return true;
}

// ---- task management
// ---------------------------------------------------------------------------------

bool Session::manage(scsi::TaskFunction function, const mpio::TransportCommand* task) {
  const bool about_task = function == scsi::TaskFunction::abort_task;
  Task* const found =
      about_task ? tasks_.find(static_cast<uint32_t>(task->transport_tag)) : nullptr;
  if (state_ != State::up || function_tag_ != kNoTag ||
      (about_task && (found == nullptr || found->command != task))) {
    return false;
  }
  function_tag_ = new_request_tag();
  function_ = function;
  function_sn_ = command_sn_;
  function_response_.reset();
  Header header = request(kTaskManagement, static_cast<uint8_t>(kFinal | code_of(function)), true,
                          function_tag_);
  if (scsi::names_logical_unit(function)) {
    base::store_be64(&header.raw[8], wanted_.lun);
  }
  if (about_task) {
    function_task_ = found->tag;
    header.set(20, found->tag);         // Referenced Task Tag
    header.set(32, found->command_sn);  // RefCmdSN
  }
  queue_.push(header, {}, kNoTag);
  return true;
}

bool Session::on_function_response(const Header& header) {
  if (function_tag_ == kNoTag || header.initiator_tag() != function_tag_) {
    return violation("a task management response to no request");
  }
  if (!count_status(header)) {
    return false;
  }
  function_tag_ = kNoTag;
  function_response_ = header.raw[2];
  return header.raw[2] != kFunctionComplete || abort_tasks();
}

// The function is complete: what it was about has ended, or will never be answered (4.2.3.3).
bool Session::abort_tasks() {
  bool honest = true;
  const auto end_task = [&](Task& task) {
    if (!task.sent) {
      honest = false;  // the request stands behind the command, and cannot have been read
      return;
    }
    task.command->delivery = mpio::Delivery::delivered;
    task.command->scsi_status = scsi::kTaskAborted;
    conclude(task);
  };
  if (function_ == scsi::TaskFunction::abort_task) {
    if (Task* const task = tasks_.find(function_task_); task != nullptr) {
      end_task(*task);
    }
  } else {
    tasks_.for_each([&](Task& task) {
      if (serial_difference(task.command_sn, function_sn_) < 0) {
        end_task(task);
      }
    });
  }
  return honest || violation("a task management response before the request was sent");
}

std::optional<uint8_t> Session::take_function_response() {
  return std::exchange(function_response_, std::nullopt);
}

// ---- the end
// -----------------------------------------------------------------------------------------

void Session::logout() {
  BASE_ASSERT(state_ == State::up && idle());
  state_ = State::leaving;
  logout_tag_ = new_request_tag();
  Header header = request(kLogoutRequest, kFinal, true, logout_tag_);  // 0: close the session
  header.set(20, 0);                                                   // CID
  queue_.push(header, {}, kNoTag);
}

bool Session::on_logout_response(const Header& header) {
  if (logout_tag_ == kNoTag || header.initiator_tag() != logout_tag_) {
    return violation("a logout response to no logout request");
  }
  return end(Ending::Why::logged_out, "");
}

bool Session::on_async_message(const Header& header) {
  if (!count_status(header)) {
    return false;
  }
  switch (header.raw[36]) {
    case kScsiEvent:
    case kVendorEvent:
      return true;
    case kLogoutWanted:
      return end(Ending::Why::asked_for, "asks for the end of the session");
    case kConnectionEnds:
    case kSessionEnds:
      return end(Ending::Why::asked_for, "announces that it ends the session");
    case kNegotiationWanted:
      return end(Ending::Why::asked_for, "wants to negotiate anew, which a new login does");
    default:
      return violation("an asynchronous message with the unknown event " +
                       std::to_string(header.raw[36]));
  }
}

bool Session::on_reject(const Header& header) {
  if (!count_status(header)) {
    return false;
  }
  Header rejected;
  const base::Bytes data = segment(header);
  if (data.size() < rejected.raw.size()) {
    return violation("a Reject that does not say of what");
  }
  std::copy_n(data.begin(), rejected.raw.size(), rejected.raw.begin());
  const uint8_t reason = header.raw[2];
  // The command that the data belongs to ends by an answer of its own (7.8).
  if (rejected.opcode() == kDataOut && reason == kDataDigestError) {
    return true;
  }
  // That the target does not do is no reason to end what it does.
  if (rejected.opcode() == kNopOut && nop_tag_ != kNoTag && rejected.initiator_tag() == nop_tag_) {
    nop_tag_ = kNoTag;
    return true;
  }
  if (rejected.opcode() == kTaskManagement && function_tag_ != kNoTag &&
      rejected.initiator_tag() == function_tag_) {
    function_tag_ = kNoTag;
    function_response_ = reason == kCommandNotSupported ? kFunctionNotSupported : kFunctionRejected;
    return true;
  }
  return violation("it rejects a PDU with opcode " + std::to_string(rejected.opcode()) + " (" +
                   reason_text(reason) + ")");
}

}  // namespace io::iscsi::initiator
