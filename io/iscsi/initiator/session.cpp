// The life of a session: framing, login, numbering. See session.h.
#include "io/iscsi/initiator/session.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "base/assert.h"

namespace io::iscsi::initiator {
namespace {

constexpr uint32_t kLoginTag = 0;
// Per session, and a disk has one per lane and path; a few small answers fit in, the rest of a
// large one goes straight to its command.
constexpr size_t kReaderBytes = size_t{16} * 1024;
constexpr uint32_t kMaxLoginSegmentBytes = 64 * 1024;
// What is made in advance of the caller's data; more waits until this has gone out, so that a
// command that comes meanwhile does not stand behind all of it.
constexpr size_t kMaxQueuedBytes = size_t{512} * 1024;
// Answers to the target's own NOP-Ins that it does not take: no honest one lets so many pile up.
constexpr unsigned kMaxQueuedNops = 256;

std::string opcode_text(const Header& header) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "%02Xh", header.opcode());
  return text.data();
}

}  // namespace

Session::Session(Parameters wanted)
    : wanted_(std::move(wanted)), login_(wanted_), reader_(kReaderBytes) {
  login_.begin();
  send_login();
}

void Session::received(size_t bytes) {
  reader_.advance(bytes);
  while (!ended() && reader_.next(*this)) {
  }
}

size_t Session::output(std::span<iovec> out) {
  while (first_sending_ != kNoPlace && queue_.bytes() < kMaxQueuedBytes) {
    make_data_out();
  }
  return queue_.gather(out);
}

void Session::sent(size_t bytes) {
  queue_.sent(bytes, [this](uint32_t owner, uint8_t opcode) {
    if (owner == kNoTag) {
      queued_nops_ -= opcode == kNopOut ? 1 : 0;
      return;
    }
    Task& task = *tasks_.find(owner);  // whose PDUs are queued is there: see conclude()
    if (opcode == kScsiCommand) {
      task.sent = true;
    } else {
      --task.queued_pdus;
    }
  });
}

bool Session::end(Ending::Why why, std::string text, uint16_t status) {
  if (!ended()) {
    ending_ = {why, status, std::move(text)};
    state_ = State::over;
    queue_.clear();
    first_sending_ = last_sending_ = kNoPlace;
  }
  return false;
}

void Session::take_back(mpio::Delivery delivery) {
  state_ = State::over;
  queue_.clear();
  first_sending_ = last_sending_ = kNoPlace;
  reader_.drop_sink();
  // In the order in which they were submitted, as far as a table that is used again shows it.
  std::vector<Task*> out;
  tasks_.for_each([&out](Task& task) { out.push_back(&task); });
  std::sort(out.begin(), out.end(), [](const Task* a, const Task* b) {
    return serial_difference(a->command_sn, b->command_sn) < 0;
  });
  for (Task* const task : out) {
    task->command->delivery = delivery;
    finished_.push(*task->command);
    tasks_.retire(*task);
  }
  while (mpio::TransportCommand* const command = waiting_.pop()) {
    command->delivery = delivery == mpio::Delivery::link_lost ? mpio::Delivery::not_sent : delivery;
    finished_.push(*command);
  }
}

// ---- framing
// --------------------------------------------------------------------------------------

bool Session::is_plausible(const Header& header) {
  if (state_ == State::login && header.opcode() != kLoginResponse) {
    return violation("it sends a PDU with opcode " + opcode_text(header) + " during the login");
  }
  if (header.ahs_bytes() != 0) {
    return violation("it sends a PDU with additional header segments, opcode " +
                     opcode_text(header));
  }
  const size_t limit = state_ == State::login ? kMaxLoginSegmentBytes : kMaxReceiveSegmentBytes;
  if (header.data_bytes() > limit) {
    return violation("it sends a data segment of " + std::to_string(header.data_bytes()) +
                     " bytes, where at most " + std::to_string(limit) + " are allowed");
  }
  return true;
}

bool Session::on_header(const Header& header, PduReader::Sink& sink) {
  if (!is_plausible(header)) {
    return false;
  }
  arriving_ = nullptr;
  if (header.opcode() == kDataIn) {
    return on_data_in_header(header, sink);
  }
  const size_t count = header.data_bytes();
  if (count != 0) {
    segment_.resize(std::max(segment_.size(), count));
    pieces_.assign(1, {segment_.data(), count});
    sink = pieces_;
  }
  return true;
}

bool Session::on_pdu(const Header& header) {
  if (state_ == State::login) {
    return on_login_response(header);
  }
  take_window(header);
  const bool goes_on = dispatch(header);
  if (queued_nops_ > kMaxQueuedNops && goes_on) {
    return violation("it asks for signs of life and does not take the answers");
  }
  start_waiting();
  return goes_on && !ended();
}

bool Session::dispatch(const Header& header) {
  switch (header.opcode()) {
    case kDataIn:
      return on_data_in(header);
    case kScsiResponse:
      return on_response(header);
    case kReadyToTransfer:
      return on_ready_to_transfer(header);
    case kNopIn:
      return on_nop_in(header);
    case kTextResponse:
      return on_text_response(header);
    case kTaskManagementResponse:
      return on_function_response(header);
    case kLogoutResponse:
      return on_logout_response(header);
    case kAsyncMessage:
      return on_async_message(header);
    case kReject:
      return on_reject(header);
    default:
      return violation("it sends a PDU with opcode " + opcode_text(header) +
                       ", which no target sends after the login");
  }
}

bool Session::on_damaged_data(const Header& header) {
  return violation("the data digest of a PDU with opcode " + opcode_text(header) +
                   " is wrong: its data were damaged on the way");
}

void Session::on_damaged_header() {
  violation("a header digest is wrong: a PDU was damaged on the way");
}

// ---- login
// ----------------------------------------------------------------------------------------

void Session::send_login() {
  Header header;
  header.raw[0] = 0x40 | kLoginRequest;
  header.raw[1] = login_.request().flags;
  std::copy(wanted_.isid.begin(), wanted_.isid.end(), header.raw.begin() + 8);
  header.set(16, kLoginTag);
  header.set(24, command_sn_);
  header.set(28, exp_stat_sn_);
  queue_.push_text(header, login_.request().text);
}

bool Session::on_login_response(const Header& header) {
  if (header.initiator_tag() != kLoginTag) {
    return violation("a login response carries a tag that is not its request's");
  }
  exp_stat_sn_ = header.field(24) + 1;
  switch (login_.on_response(header, segment(header))) {
    case Login::Outcome::goes_on:
      send_login();
      return true;
    case Login::Outcome::done:
      state_ = State::up;
      max_command_sn_ = command_sn_ - 1;
      take_window(header);
      reader_.use(login_.agreement().digests);
      queue_.use(login_.agreement().digests);
      return true;
    case Login::Outcome::refused:
      return end(Ending::Why::login_refused, "", login_.status());
    case Login::Outcome::redirected:
      return end(Ending::Why::login_redirected, login_.address());
    case Login::Outcome::chap_failed:
      return end(Ending::Why::chap_failed, "");
    case Login::Outcome::unproved:
      return end(Ending::Why::unproved, "");
    case Login::Outcome::unwilling:
      return end(Ending::Why::unwilling, login_.text());
    case Login::Outcome::violation:
      break;
  }
  return violation(login_.text());
}

// ---- numbering, RFC 7143 4.2.2
// ----------------------------------------------------------------------

// The StatSN of a PDU that takes one.
bool Session::count_status(const Header& header) {
  if (header.field(24) != exp_stat_sn_) {
    return violation("StatSN is " + std::to_string(header.field(24)) + " where " +
                     std::to_string(exp_stat_sn_) + " is due");
  }
  ++exp_stat_sn_;
  return true;
}

// A window that ends before it begins says nothing (4.2.2.1); nor does an old one.
void Session::take_window(const Header& header) {
  const uint32_t expected = header.field(28);
  const uint32_t most = header.field(32);
  if (serial_difference(most, expected - 1) >= 0 && serial_difference(most, max_command_sn_) > 0) {
    max_command_sn_ = most;
  }
}

void Session::stamp(Header& header, bool immediate) {
  header.raw[0] |= immediate ? 0x40 : 0;
  header.set(24, command_sn_);
  header.set(28, exp_stat_sn_);
  command_sn_ += immediate ? 0 : 1;
}

}  // namespace io::iscsi::initiator
