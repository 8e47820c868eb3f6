// The disk's end of a simulated path. Keeps the contract of mpio/transport.h and reports every
// breach of it.
#include "scsi/block_range.h"
#include "scsi/sense.h"
#include "sim/fabric_parts.h"

namespace sim {

using mpio::Delivery;
using mpio::LinkResult;

SimTransport::SimTransport(Fabric& fabric, Fabric::Link& link, uint32_t number)
    : fabric_(fabric),
      link_(link),
      number_(number),
      shown_number_(number + fabric.config_.first_link_name),
      name_("sim-" + std::to_string(shown_number_)) {}

void SimTransport::breach(const char* what) {
  fabric_.findings_.add(Invariant::transport_contract, fabric_.clock_.now_ns(),
                        name_ + ": " + what);
}

void SimTransport::start_login() {
  if (state_ != State::down || handler_ == nullptr) {
    breach("start_login() on a link that is not down");
    return;
  }
  state_ = State::logging_in;
  link_.connections.push_back(std::make_unique<Fabric::Connection>());
  connection_ = link_.connections.back().get();
  connection_->link = &link_;
  fabric_.timeline_.add(fabric_.clock_.now_ns(), What::login_started, shown_number_);
  if (fabric_.observer_ != nullptr) {
    fabric_.observer_->on_login_started(number_);
  }
  fabric_.send(*connection_, Fabric::Kind::login);
}

void SimTransport::submit(mpio::TransportCommand& command) {
  if (std::find(outstanding_.begin(), outstanding_.end(), &command) != outstanding_.end() ||
      std::find(unsent_.begin(), unsent_.end(), &command) != unsent_.end()) {
    breach("a command was submitted while it was outstanding");
    return;
  }
  size_t total = 0;
  for (const mpio::IoSlice& slice : command.slices) {
    total += slice.size_bytes;
  }
  if (total != command.length_bytes ||
      (command.direction == mpio::Direction::none) != (command.length_bytes == 0)) {
    breach("slices, length and direction of a command contradict each other");
  }
  if (state_ != State::up) {
    unsent_.push_back(&command);
    fabric_.clock_.defer(unsent_timer_);
    return;
  }
  outstanding_.push_back(&command);
  const auto range = scsi::block_range(command.cdb.span());
  fabric_.timeline_.add(fabric_.clock_.now_ns(), What::sent, shown_number_, command.cdb.opcode(),
                        subject_of(command.cdb), range ? range->blocks : 0);
  if (fabric_.observer_ != nullptr) {
    fabric_.observer_->on_sent(number_, command);
  }
  Fabric::Message& message = fabric_.send(*connection_, Fabric::Kind::command);
  message.command = &command;
  message.task.path = link_.path;
  message.task.cdb = command.cdb;
  message.task.data_out.clear();
  message.task.data_in_limit =
      command.direction == mpio::Direction::from_target ? command.length_bytes : 0;
  if (command.direction == mpio::Direction::to_target) {
    // The caller may use its buffers again after a drop, while these bytes still travel.
    for (const mpio::IoSlice& slice : command.slices) {
      message.task.data_out.insert(message.task.data_out.end(), slice.data,
                                   slice.data + slice.size_bytes);
    }
  }
}

bool SimTransport::send_nop() {
  if (state_ == State::up && !nop_outstanding_) {
    nop_outstanding_ = true;
    fabric_.send(*connection_, Fabric::Kind::nop);
  }
  return true;
}

void SimTransport::drop() {
  if (state_ == State::down) {
    return;
  }
  const bool was_logging_out = state_ == State::logging_out;
  state_ = State::down;
  nop_outstanding_ = false;
  Fabric::Connection& connection = *connection_;
  connection_ = nullptr;
  connection.host_end = false;
  fabric_.timeline_.add(fabric_.clock_.now_ns(), What::link_dropped, shown_number_);
  // What the black hole holds back was never acknowledged by the other end: it leaves with the
  // socket.
  for (Fabric::Message* message : link_.held_out) {
    if (message->connection == &connection) {
      fabric_.discard(*message);
    }
  }
  std::erase_if(link_.held_out, [&](const Fabric::Message* message) {
    return message->connection == &connection || message->connection == nullptr;
  });
  fabric_.send(connection, Fabric::Kind::reset);
  hand_back_all(Delivery::dropped);
  if (was_logging_out) {
    handler_->on_link_lost(LinkResult::dropped, "the logout was cut short");
  }
}

void SimTransport::logout() {
  if (state_ != State::up || !outstanding_.empty()) {
    breach("logout() on a link that is not up or has commands outstanding");
    return;
  }
  state_ = State::logging_out;
  fabric_.send(*connection_, Fabric::Kind::logout);
}

void SimTransport::hand_back(mpio::TransportCommand& command, Delivery delivery) {
  command.delivery = delivery;
  if (delivery != Delivery::delivered) {
    fabric_.timeline_.add(fabric_.clock_.now_ns(), What::handed_back, shown_number_,
                          command.cdb.opcode(), subject_of(command.cdb),
                          static_cast<uint64_t>(delivery));
  }
  if (fabric_.observer_ != nullptr) {
    fabric_.observer_->on_back(number_, command);
  }
  handler_->on_command_done(command);
}

void SimTransport::hand_back_all(Delivery delivery) {
  // The handler may submit again from inside, even the same command: work on a list of its own.
  std::vector<mpio::TransportCommand*> list;
  list.swap(outstanding_);
  for (const auto& message : fabric_.messages_) {
    if (message->command != nullptr &&
        std::find(list.begin(), list.end(), message->command) != list.end()) {
      message->command = nullptr;
    }
  }
  for (mpio::TransportCommand* command : list) {
    hand_back(*command, delivery);
  }
}

void SimTransport::hand_back_unsent() {
  std::vector<mpio::TransportCommand*> list;
  list.swap(unsent_);
  for (mpio::TransportCommand* command : list) {
    hand_back(*command, Delivery::not_sent);
  }
}

void SimTransport::on_login_reply(LinkResult result) {
  state_ = result == LinkResult::ok ? State::up : State::down;
  fabric_.timeline_.add(fabric_.clock_.now_ns(), What::login_done, shown_number_,
                        static_cast<uint64_t>(result));
  if (result == LinkResult::ok && fabric_.observer_ != nullptr) {
    fabric_.observer_->on_logged_in(number_);
  }
  if (result != LinkResult::ok) {
    connection_->host_end = false;
    connection_ = nullptr;
  }
  handler_->on_login_done(result, result == LinkResult::ok ? "" : "simulated login failure");
}

void SimTransport::on_reply(mpio::TransportCommand& command, const TargetTask& task) {
  handler_->on_heard();
  if (std::erase(outstanding_, &command) == 0) {
    return;  // the handler dropped the link
  }
  command.scsi_status = task.scsi_status;
  size_t copied = 0;
  if (command.direction == mpio::Direction::from_target) {
    for (const mpio::IoSlice& slice : command.slices) {
      const size_t count = std::min(slice.size_bytes, task.data_in.size() - copied);
      std::copy_n(task.data_in.begin() + static_cast<ptrdiff_t>(copied), count, slice.data);
      copied += count;
    }
    command.residual_bytes = static_cast<uint32_t>(command.length_bytes - copied);
  } else {
    command.residual_bytes = 0;
  }
  command.overflow = false;
  const size_t sense_bytes = std::min(task.sense.size(), command.sense.size());
  std::copy_n(task.sense.begin(), sense_bytes, command.sense.begin());
  command.sense_bytes = static_cast<uint16_t>(sense_bytes);
  const scsi::Sense sense = scsi::decode_sense({command.sense.data(), sense_bytes});
  fabric_.timeline_.add(fabric_.clock_.now_ns(), What::answered, shown_number_,
                        command.cdb.opcode(), task.scsi_status,
                        (uint64_t{sense.key} << 16) | sense.code());
  hand_back(command, Delivery::delivered);
}

void SimTransport::on_nop_reply() {
  nop_outstanding_ = false;
  handler_->on_heard();
}

void SimTransport::on_closed(LinkResult result) {
  const State before = state_;
  state_ = State::down;
  nop_outstanding_ = false;
  connection_->host_end = false;
  connection_ = nullptr;
  if (before == State::logging_in) {
    fabric_.timeline_.add(fabric_.clock_.now_ns(), What::login_done, shown_number_,
                          static_cast<uint64_t>(result));
    handler_->on_login_done(result, "simulated connection reset");
    return;
  }
  fabric_.timeline_.add(fabric_.clock_.now_ns(), What::link_lost, shown_number_,
                        static_cast<uint64_t>(result));
  hand_back_all(Delivery::link_lost);
  handler_->on_link_lost(before == State::logging_out ? LinkResult::dropped : result,
                         "simulated connection loss");
}

}  // namespace sim
