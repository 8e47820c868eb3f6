// The life of a connection: framing, numbering, NOP, Reject. See connection.h; login and logout are
// in connection_login.cpp.
#include "io/iscsi/connection.h"

#include <algorithm>
#include <utility>

namespace io::iscsi {
namespace {

constexpr uint8_t kFirstTargetOpcode = 0x20;
constexpr uint8_t kFirstVendorOpcode = 0x1c;

}  // namespace

Connection::Connection(Target& target, unsigned port, Ends ends, ConnectionHost& host)
    : target_(target), port_(port), ends_(std::move(ends)), host_(host), login_(target, port) {
  target_.connections.push_back(this);
}

Connection::~Connection() {
  drop_nexus();
  std::erase(target_.connections, this);
}

void Connection::drop_nexus() {
  // The aborted tasks that come back must find no session.
  const std::unique_ptr<Nexus> ended = std::move(nexus_);
}

bool Connection::fail(const std::string& reason) {
  if (state_ != State::ended) {
    target_.log("iSCSI connection from " + ends_.peer + " ended: " + reason);
    abandon();
    host_.on_reset();
  }
  return false;
}

void Connection::abandon() {
  drop_nexus();
  state_ = State::ended;
  queue_.clear();
}

void Connection::on_nexus_ended() {
  abandon();
  host_.on_reset();
}

void Connection::close_after_output() {
  drop_nexus();
  state_ = State::closing;
}

void Connection::received(size_t bytes) {
  reader_.advance(bytes);
  process();
}

void Connection::sent(size_t bytes) {
  queue_.sent(bytes);
  process();  // what waited in the reader while there was too much to send
}

void Connection::process() {
  processing_ = true;
  while (wants_input() && reader_.next(*this)) {
  }
  processing_ = false;
}

// ---- framing
// --------------------------------------------------------------------------------------

bool Connection::on_header(const Header& header, PduReader::Sink& sink) {
  const size_t limit = state_ == State::login ? kMaxLoginSegmentBytes : kMaxReceiveSegmentBytes;
  const size_t count = header.data_bytes();
  if (count > limit) {
    return fail("a data segment of " + std::to_string(count) + " bytes, where at most " +
                std::to_string(limit) + " are allowed");
  }
  if (state_ == State::login && header.opcode() != kLoginRequest) {
    return fail("a PDU with opcode " + std::to_string(header.opcode()) +
                " before the login is finished");
  }
  sink_command_ = nullptr;
  base::MutableBytes room;
  switch (header.opcode()) {
    case kScsiCommand:
      incoming_ = new_command();
      incoming_->data_out.resize(std::max(incoming_->data_out.size(), count));
      room = base::MutableBytes(incoming_->data_out).first(count);
      break;
    case kDataOut:
      data_out_header(header, room);
      break;
    default:
      segment_.resize(std::max(segment_.size(), count));
      room = base::MutableBytes(segment_).first(count);
  }
  if (!room.empty()) {
    sink_ = {room.data(), room.size()};
    sink = {&sink_, 1};
  }
  return true;
}

bool Connection::on_pdu(const Header& header) {
  switch (header.opcode()) {
    case kLoginRequest:
      if (state_ != State::login) {
        return fail("a login request in the full feature phase");
      }
      login_request(header);
      break;
    case kNopOut:
      nop_out(header);
      break;
    case kScsiCommand:
      scsi_command(header);
      break;
    case kTaskManagement:
      task_management(header);
      break;
    case kTextRequest:
      text_request(header);
      break;
    case kDataOut:
      data_out(header);
      break;
    case kLogoutRequest:
      logout_request(header);
      break;
    case kSnack:
      reject(header, kSnackReject);
      break;
    default:
      if (header.opcode() >= kFirstTargetOpcode) {
        return fail("a PDU that only targets send, opcode " + std::to_string(header.opcode()));
      }
      // A request that takes a number takes it even when it is refused, or the session would stall.
      if (header.opcode() < kFirstVendorOpcode || in_order(header)) {
        reject(header, kCommandNotSupported);
      }
  }
  return state_ != State::ended;
}

// RFC 7143 7.7. Where the next PDU begins is not known any more.
void Connection::on_damaged_header() {
  fail("a header digest is wrong");
}

// RFC 7143 7.8: the PDU is rejected and discarded. What it leaves open is a gap in its command's
// data, which ends with the command; any other gap only a level of error recovery above 0 could
// fill, so that the connection ends.
bool Connection::on_damaged_data(const Header& header) {
  reject(header, kDataDigestError);
  if (header.opcode() == kDataOut) {
    if (sink_command_ != nullptr) {
      sink_command_->damaged = true;
    }
    data_out(header);
    return state_ != State::ended;
  }
  target_.log("iSCSI connection from " + ends_.peer + " ended: the data digest of opcode " +
              std::to_string(header.opcode()) + " is wrong");
  incoming_.reset();
  close_after_output();
  return false;
}

// ---- numbering, RFC 7143 4.2.2
// ----------------------------------------------------------------------

uint32_t Connection::max_command_sn() const {
  return exp_command_sn_ + kCommandWindow - counted_commands_ - 1;
}

bool Connection::in_order(const Header& header) {
  if (header.immediate()) {
    return true;
  }
  if (header.command_sn() != exp_command_sn_ ||
      serial_difference(exp_command_sn_, max_command_sn()) > 0) {
    return false;
  }
  ++exp_command_sn_;
  return true;
}

Header Connection::answer_to(const Header& request, Opcode opcode) const {
  Header answer;
  answer.raw[0] = opcode;
  answer.raw[1] = kFinal;
  answer.set(16, request.initiator_tag());
  return answer;
}

// StatSN (which a response takes, and an R2T or a NOP-In that asks only shows), ExpCmdSN and
// MaxCmdSN.
void Connection::stamp(Header& header, bool takes_number) {
  header.set(24, stat_sn_);
  header.set(28, exp_command_sn_);
  header.set(32, max_command_sn());
  stat_sn_ += takes_number ? 1 : 0;
}

// ---- NOP, Reject
// ------------------------------------------------------------------------------------

void Connection::nop_out(const Header& header) {
  if (!in_order(header)) {
    return;
  }
  if (header.initiator_tag() == kNoTag) {
    pings_waiting_ = 0;  // the answer to ours
    return;
  }
  Header out = answer_to(header, kNopIn);
  out.set(20, kNoTag);
  stamp(out, true);
  const base::Bytes echo = base::slice(segment(header), 0, login_.parameters().send_segment_bytes);
  queue_.push_owned(out, {echo.begin(), echo.end()});
}

void Connection::ping() {
  if (state_ != State::full_feature) {
    return;
  }
  ++pings_waiting_;
  Header out;
  out.raw[0] = kNopIn;
  out.raw[1] = kFinal;
  out.set(16, kNoTag);
  out.set(20, next_ping_tag_);
  next_ping_tag_ = next_ping_tag_ + 1 == kNoTag ? 1 : next_ping_tag_ + 1;
  stamp(out, false);
  queue_.push(out, {});
  host_.on_output();
}

void Connection::reject(const Header& header, RejectReason reason) {
  Header out;
  out.raw[0] = kReject;
  out.raw[1] = kFinal;
  out.raw[2] = reason;
  out.set(16, kNoTag);
  stamp(out, true);
  queue_.push_owned(out, {header.raw.begin(), header.raw.end()});
}

}  // namespace io::iscsi
