// Commands in a row, first in first out. A command is in one list at a time; the place for the link
// is its own `transport_state`, so nothing is allocated.
#pragma once

#include "mpio/transport.h"

namespace io::iscsi::initiator {

class CommandList {
 public:
  bool empty() const { return first_ == nullptr; }
  void push(mpio::TransportCommand& command) {
    command.transport_state = nullptr;
    (last_ != nullptr ? last_->transport_state : first_) = &command;
    last_ = &command;
  }
  mpio::TransportCommand* pop() {
    auto* const command = static_cast<mpio::TransportCommand*>(first_);
    if (command != nullptr) {
      first_ = command->transport_state;
      last_ = first_ == nullptr ? nullptr : last_;
    }
    return command;
  }
  mpio::TransportCommand* front() const { return static_cast<mpio::TransportCommand*>(first_); }

 private:
  void* first_ = nullptr;  // as transport_state is
  mpio::TransportCommand* last_ = nullptr;
};

}  // namespace io::iscsi::initiator
