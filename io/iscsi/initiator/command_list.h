// Commands in a row, first in first out. A command is in one list at a time; the place for the link
// is its own `transport_state`, so nothing is allocated.
#pragma once

#include <utility>

#include "mpio/transport.h"

namespace io::iscsi::initiator {

class CommandList {
 public:
  CommandList() = default;
  CommandList(const CommandList&) = delete;
  CommandList& operator=(const CommandList&) = delete;

  bool empty() const { return first_ == nullptr; }
  size_t size() const { return size_; }
  void push(mpio::TransportCommand& command) {
    command.transport_state = nullptr;
    link(&command, &command, 1);
  }
  // All of `other`, behind what is here.
  void append(CommandList& other) {
    if (!other.empty()) {
      link(std::exchange(other.first_, nullptr), std::exchange(other.last_, nullptr),
           std::exchange(other.size_, 0));
    }
  }
  // Null when there is none.
  mpio::TransportCommand* pop() {
    auto* const command = static_cast<mpio::TransportCommand*>(first_);
    if (command != nullptr) {
      first_ = command->transport_state;
      last_ = first_ == nullptr ? nullptr : last_;
      --size_;
    }
    return command;
  }

 private:
  void link(void* first, mpio::TransportCommand* last, size_t count) {
    (last_ != nullptr ? last_->transport_state : first_) = first;
    last_ = last;
    size_ += count;
  }

  void* first_ = nullptr;  // a TransportCommand, as `transport_state` is
  mpio::TransportCommand* last_ = nullptr;
  size_t size_ = 0;
};

}  // namespace io::iscsi::initiator
