// A session's input: from bytes to requests at the device.
#include "io/nbd/session.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace io::nbd {
namespace {

// Reading ahead saves system calls while the client only reads, but bytes of a write's payload that
// were read ahead have to be copied. So the session reads ahead only when the last this many
// requests were not writes.
constexpr unsigned kReadAheadRun = 32;

// Output of the negotiation that a client may leave unread before the session stops listening.
constexpr size_t kMaxUnsentHandshakeBytes = 64 << 10;

mpio::BlockOp block_op(Command command) {
  switch (command) {
    case Command::read:
      return mpio::BlockOp::read;
    case Command::write:
      return mpio::BlockOp::write;
    case Command::flush:
      return mpio::BlockOp::flush;
    case Command::trim:
      return mpio::BlockOp::trim;
    default:
      return mpio::BlockOp::write_zeroes;
  }
}

}  // namespace

Session::Session(mpio::BlockDevice& device, const Export& exported, const SessionLimits& limits,
                 std::function<void()> progress, std::shared_ptr<SessionTotals> totals)
    : device_(device),
      geometry_(device.geometry()),
      sizes_(block_sizes(geometry_)),
      progress_(std::move(progress)),
      totals_(std::move(totals)),
      stage_(std::make_unique<uint8_t[]>(kStageBytes)),
      negotiation_(std::in_place, geometry_, exported, handshake_),
      buffers_(limits.max_buffer_bytes),
      slots_(limits.max_requests) {
  BASE_ASSERT(limits.max_requests != 0 && limits.max_buffer_bytes >= kMaxPayloadBytes);
  for (Slot& slot : slots_) {
    slot.session = this;
    slot.next = std::exchange(free_slots_, &slot);
  }
}

Session::~Session() {
  BASE_ASSERT(outstanding_ == 0);
}

void Session::abandon(std::unique_ptr<Session> session) {
  if (session->outstanding_ != 0) {
    session->progress_ = nullptr;
    session->orphaned_ = true;
    static_cast<void>(session.release());  // completed() deletes it
  }
}

std::array<mpio::IoSlice, 2> Session::input_space() {
  const bool wants_none = end_ == End::no_more_input || end_ == End::broken ||
                          (end_ == End::draining && outstanding_ == 0) || stalled_ ||
                          handshake_.size() - handshake_sent_ > kMaxUnsentHandshakeBytes;
  if (wants_none) {
    return {};
  }
  if (stage_begin_ != 0) {
    std::memmove(stage_.get(), stage_.get() + stage_begin_, stage_end_ - stage_begin_);
    stage_end_ -= std::exchange(stage_begin_, 0);
  }
  mpio::IoSlice stage{stage_.get() + stage_end_, kStageBytes - stage_end_};
  if (payload_slot_ != nullptr) {
    // The stage is empty now, and one header behind the payload cannot contain payload.
    stage.size_bytes = kRequestBytes;
    return {{{payload_slot_->buffer.data.get() + payload_bytes_,
              payload_slot_->slice.size_bytes - payload_bytes_},
             stage}};
  }
  if (phase_ == Phase::transmitting && skip_bytes_ == 0 && requests_since_write_ < kReadAheadRun) {
    stage.size_bytes = kRequestBytes - stage_end_;
  }
  return {{stage, {}}};
}

void Session::received(size_t count) {
  if (payload_slot_ != nullptr) {
    const size_t payload = std::min(count, payload_slot_->slice.size_bytes - payload_bytes_);
    payload_bytes_ += payload;
    count -= payload;
  }
  BASE_ASSERT(count <= kStageBytes - stage_end_);
  stage_end_ += count;
  parse();
}

void Session::end_of_input() {
  if (end_ != End::broken) {
    end_ = End::no_more_input;
  }
}

void Session::drain() {
  if (end_ == End::open) {
    end_ = phase_ == Phase::transmitting ? End::draining : End::no_more_input;
  }
}

bool Session::finished() const {
  return end_ == End::broken ||
         (end_ != End::open && outstanding_ == 0 && !stalled_ && !has_output());
}

void Session::parse() {
  bool advanced = true;
  while (advanced && end_ != End::broken) {
    if (skip_bytes_ != 0) {
      advanced = parse_skip();
    } else if (payload_slot_ != nullptr) {
      advanced = parse_payload();
    } else if (phase_ == Phase::negotiating) {
      advanced = parse_negotiation();
    } else {
      advanced = parse_request();
    }
  }
}

bool Session::parse_skip() {
  const size_t count = std::min<uint64_t>(skip_bytes_, staged().size());
  consume(count);
  skip_bytes_ -= count;
  if (skip_bytes_ != 0) {
    return false;
  }
  if (skip_slot_ != nullptr) {
    queue_reply(*std::exchange(skip_slot_, nullptr));
  }
  return true;
}

bool Session::parse_payload() {
  const mpio::IoSlice& to = payload_slot_->slice;
  const size_t copied =
      base::copy_bounded({to.data + payload_bytes_, to.size_bytes - payload_bytes_}, staged());
  consume(copied);
  payload_bytes_ += copied;
  if (payload_bytes_ != to.size_bytes) {
    return false;
  }
  submit(*std::exchange(payload_slot_, nullptr));
  return true;
}

bool Session::parse_negotiation() {
  const size_t consumed = negotiation_->consume(staged());
  consume(consumed);
  skip_bytes_ = negotiation_->take_skip();
  switch (negotiation_->state()) {
    case Negotiation::State::negotiating:
      return consumed != 0;
    case Negotiation::State::transmitting:
      phase_ = Phase::transmitting;
      structured_replies_ = negotiation_->structured_replies();
      negotiation_.reset();
      return true;
    case Negotiation::State::aborted:
      consume(staged().size());
      end_ = End::no_more_input;
      return false;
    case Negotiation::State::broken:
      broken(negotiation_->error());
      return false;
  }
  return false;
}

bool Session::parse_request() {
  if (staged().size() < kRequestBytes) {
    return false;
  }
  const Request request = load_request(staged().data());
  if (request.magic != kRequestMagic) {
    broken("a request does not begin with the request magic");
    return false;
  }
  if (request.command == static_cast<uint16_t>(Command::disconnect)) {
    consume(staged().size());
    end_ = End::no_more_input;
    return false;
  }
  if (!start(request)) {
    stalled_ = true;
    return false;
  }
  consume(kRequestBytes);
  return true;
}

// False: nothing was done, try again when a slot or a buffer came back.
bool Session::start(const Request& request) {
  if (free_slots_ == nullptr) {
    return false;
  }
  Refusal refusal =
      end_ == End::draining ? Refusal{ESHUTDOWN, "the server is shutting down"} : check(request);
  const auto command = static_cast<Command>(request.command);
  const bool is_write = command == Command::write;
  const bool has_data = is_write || command == Command::read;
  Buffer buffer;
  if (refusal.error == 0 && has_data) {
    buffer = buffers_.take(request.length_bytes);
    if (buffer.data == nullptr) {
      if (buffers_.held_bytes() != 0) {
        return false;
      }
      refusal = {ENOMEM, "the server has no memory for the request"};  // and will not get it back
    }
  }
  requests_since_write_ = is_write ? 0 : requests_since_write_ + 1;
  if (refusal.error != 0) {
    refuse(request, refusal);
    return true;
  }
  Slot& slot = take_slot(request);
  mpio::BlockRequest& block = slot.block;
  block.op = block_op(command);
  block.offset_bytes = request.offset_bytes;
  block.length_bytes = request.length_bytes;
  block.fua =
      command != Command::read && command != Command::flush && (request.flags & kCommandFua) != 0;
  block.may_unmap = command == Command::write_zeroes && (request.flags & kCommandNoHole) == 0;
  block.done = on_done;
  block.owner = &slot;
  if (has_data) {
    slot.slice = {buffer.data.get(), request.length_bytes};
    slot.buffer = std::move(buffer);
    block.slices = {&slot.slice, 1};
  }
  if (is_write) {
    payload_slot_ = &slot;
    payload_bytes_ = 0;
  } else {
    submit(slot);
  }
  return true;
}

Session::Slot& Session::take_slot(const Request& request) {
  Slot& slot = *free_slots_;
  free_slots_ = std::exchange(slot.next, nullptr);
  slot.block = {};
  slot.slice = {};
  slot.cookie = request.cookie;
  slot.command = static_cast<Command>(request.command);
  slot.refusal = nullptr;
  return slot;
}

void Session::refuse(const Request& request, const Refusal& refusal) {
  ++totals_->refused;
  Slot& slot = take_slot(request);
  slot.block.error = refusal.error;
  slot.refusal = refusal.why;
  if (slot.command == Command::write && request.length_bytes != 0) {
    skip_bytes_ = request.length_bytes;
    skip_slot_ = &slot;
  } else {
    queue_reply(slot);
  }
}

void Session::submit(Slot& slot) {
  ++outstanding_;
  device_.submit(slot.block);
}

void Session::broken(std::string why) {
  end_ = End::broken;
  error_ = std::move(why);
}

}  // namespace io::nbd
