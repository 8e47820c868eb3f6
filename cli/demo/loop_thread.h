// An event loop with a thread of its own: the demo's array and its disk each have one, as two
// machines would.
#pragma once

#include <functional>
#include <future>
#include <thread>

#include "io/event_loop.h"

namespace cli::demo {

class LoopThread {
 public:
  LoopThread() : thread_([this] { loop_.run(); }) {}
  ~LoopThread() {
    loop_.stop();
    thread_.join();
  }
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;

  io::EventLoop& loop() { return loop_; }
  void post(std::function<void()> task) { loop_.post(std::move(task)); }
  // Runs `task` there and waits for it. Not from that thread itself.
  void run(const std::function<void()>& task) {
    std::promise<void> done;
    loop_.post([&] {
      task();
      done.set_value();
    });
    done.get_future().wait();
  }

 private:
  io::EventLoop loop_;
  std::thread thread_;
};

}  // namespace cli::demo
