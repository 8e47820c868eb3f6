// The kernel's sg nodes, by system calls.
//
// Threads: one event loop; so each lane has a KernelDriver of its own.
#pragma once

#include "io/event_loop.h"
#include "io/sg/node.h"

namespace io::sg {

class KernelDriver final : public Driver {
 public:
  explicit KernelDriver(EventLoop& loop) : loop_(loop) {}

  std::unique_ptr<Node> open(const std::string& path, int& error) override;

 private:
  EventLoop& loop_;
};

}  // namespace io::sg
