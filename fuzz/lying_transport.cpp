// See lying_transport.h.
#include "fuzz/lying_transport.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "scsi/opcodes.h"
#include "scsi/vpd.h"

namespace fuzz {
namespace {

constexpr uint64_t kStepNs = 100'000;
constexpr uint8_t kLies = 0x80;  // a byte from here on: not the truth

}  // namespace

LyingTransport::LyingTransport(unsigned path, bool shared_endpoint, mpio::Loop& loop, Input& input,
                               Honest honest)
    : path_(path),
      name_("path" + std::to_string(path) + "/iqn.t/0"),
      endpoint_(shared_endpoint ? "one portal" : name_),
      loop_(loop),
      input_(input),
      honest_(std::move(honest)) {}

void LyingTransport::start_login() {
  BASE_ASSERT(state_ == State::down);
  state_ = State::logging_in;
  ++epoch_;
  loop_.arm_after(work_, kStepNs);
}

void LyingTransport::submit(mpio::TransportCommand& command) {
  command.delivery = mpio::Delivery::not_sent;
  command.scsi_status = 0;
  command.residual_bytes = 0;
  command.overflow = false;
  command.sense_bytes = 0;
  size_t total = 0;
  for (const mpio::IoSlice& slice : command.slices) {
    total += slice.size_bytes;
  }
  BASE_ASSERT(command.direction == mpio::Direction::none || total == command.length_bytes);
  (state_ == State::up ? waiting_ : unsent_).push_back(&command);
  loop_.arm_after(work_, kStepNs);
}

bool LyingTransport::send_nop() {
  nop_ = state_ == State::up;
  loop_.arm_after(work_, kStepNs);
  return path_ != 2;  // a transport that has no such thing
}

void LyingTransport::drop() {
  const bool logging_out = state_ == State::logging_out;
  ++epoch_;
  loop_.cancel(work_);
  state_ = State::down;
  said_ = {};
  hand_back_all(mpio::Delivery::dropped);
  if (logging_out) {
    handler_->on_link_lost(mpio::LinkResult::dropped, "the logout was cut short");
  }
}

void LyingTransport::logout() {
  BASE_ASSERT(state_ == State::up && waiting_.empty() && unheard_.empty());
  state_ = State::logging_out;
  loop_.arm_after(work_, kStepNs);
}

void LyingTransport::lose() {
  if (state_ == State::up) {
    ++epoch_;
    state_ = State::down;
    said_ = {};
    const uint64_t epoch = epoch_;
    hand_back_all(mpio::Delivery::link_lost);
    if (epoch == epoch_) {
      handler_->on_link_lost(mpio::LinkResult::reset, name_ + ": reset by the fuzzer");
    }
  }
}

void LyingTransport::hand_back_all(mpio::Delivery delivery) {
  for (auto* queue : {&unheard_, &waiting_}) {
    while (!queue->empty()) {
      mpio::TransportCommand& command = *queue->front();
      queue->pop_front();
      command.delivery = delivery;
      handler_->on_command_done(command);
    }
  }
  while (!unsent_.empty()) {
    mpio::TransportCommand& command = *unsent_.front();
    unsent_.pop_front();
    handler_->on_command_done(command);
  }
}

void LyingTransport::on_login() {
  const uint8_t how = input_.byte();
  if (how < 0xe0) {
    state_ = State::up;
    handler_->on_login_done(mpio::LinkResult::ok, "");
  } else if (how < 0xf0) {
    state_ = State::down;
    const auto result = static_cast<mpio::LinkResult>(1 + how % 10);
    handler_->on_login_done(result, name_ + ": refused by the fuzzer");
  }  // else: no answer at all
}

void LyingTransport::on_work() {
  const uint64_t epoch = epoch_;
  while (!unsent_.empty() && epoch == epoch_) {
    mpio::TransportCommand& command = *unsent_.front();
    unsent_.pop_front();
    handler_->on_command_done(command);
  }
  if (epoch != epoch_) {
    return;
  }
  if (state_ == State::logging_in) {
    on_login();
  } else if (state_ == State::logging_out) {
    state_ = State::down;
    ++epoch_;
    handler_->on_link_lost(mpio::LinkResult::dropped, "logged out");
  } else if (std::exchange(nop_, false)) {
    if (input_.byte() < kLies) {
      handler_->on_heard();
    }
  } else if (!waiting_.empty()) {
    mpio::TransportCommand& command = *waiting_.front();
    waiting_.pop_front();
    answer(command);
  }
  if (!waiting_.empty() || nop_) {
    loop_.arm_after(work_, kStepNs);
  }
}

void LyingTransport::lie(mpio::TransportCommand& command, uint8_t how, std::vector<uint8_t>& data) {
  switch (how % 8) {
    case 0:
    case 1: {  // one byte of it is another one
      const size_t at = input_.below(data.empty() ? 1 : std::min<size_t>(data.size(), 128));
      const uint8_t value = input_.byte();
      if (!data.empty()) {
        data[at] = value;
      }
      break;
    }
    case 2: {  // anything
      const base::Bytes bytes = input_.take(input_.byte());
      data.assign(bytes.begin(), bytes.end());
      break;
    }
    case 3:  // cut off
      data.resize(std::min<size_t>(data.size(), input_.byte()));
      break;
    case 4:
      command.scsi_status = input_.byte();
      break;
    default: {
      command.scsi_status = 2;
      const base::Bytes sense = input_.take(input_.below(33));
      command.sense_bytes = static_cast<uint16_t>(base::copy_bounded(command.sense, sense));
    }
  }
}

bool LyingTransport::has_said_all() const {
  const auto asks = [](const mpio::TransportCommand* command) {
    const uint8_t opcode = command->cdb.opcode();
    return opcode == scsi::kInquiry || opcode == scsi::kReadCapacity10 ||
           opcode == scsi::kServiceActionIn16;
  };
  return state_ == State::up && std::none_of(waiting_.begin(), waiting_.end(), asks) &&
         std::none_of(unheard_.begin(), unheard_.end(), asks);
}

// INQUIRY and the pages that name the logical unit.
void LyingTransport::note(const mpio::TransportCommand& command, base::Bytes data) {
  if (command.cdb.opcode() != scsi::kInquiry) {
    return;
  }
  const std::vector<uint8_t> answer(data.begin(), data.end());
  const bool page = (command.cdb.bytes[1] & 1) != 0;
  if (!page) {
    said_.inquiry = answer;
  } else if (command.cdb.bytes[2] == scsi::kVpdSerialNumber) {
    said_.serial_number = answer;
  } else if (command.cdb.bytes[2] == scsi::kVpdDeviceIdentification) {
    said_.identification = answer;
  }
}

void LyingTransport::answer(mpio::TransportCommand& command) {
  const uint8_t how = input_.byte();
  if (how >= 0xf8) {
    unheard_.push_back(&command);
    return;
  }
  if (how >= 0xf0) {
    waiting_.push_front(&command);
    lose();
    return;
  }
  std::vector<uint8_t> data = honest_(path_, command.cdb);
  command.delivery = mpio::Delivery::delivered;
  if (how >= kLies) {
    lie(command, how, data);
  }
  base::Bytes left(data);
  if (command.scsi_status != 0 || command.direction != mpio::Direction::from_target) {
    left = {};
  }
  size_t moved = 0;
  for (const mpio::IoSlice& slice : command.slices) {
    if (command.direction == mpio::Direction::from_target) {
      const size_t count = base::copy_bounded({slice.data, slice.size_bytes}, left);
      left = left.subspan(count);
      moved += count;
    }
  }
  if (command.direction == mpio::Direction::from_target) {
    command.residual_bytes = command.length_bytes - static_cast<uint32_t>(moved);
    command.overflow = !left.empty();
    note(command, base::slice(data, 0, moved));
  }
  handler_->on_heard();
  handler_->on_command_done(command);  // answered, whatever became of the link meanwhile
}

}  // namespace fuzz
