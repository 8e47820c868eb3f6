// An event loop with a thread of its own.
//
// Threads: made, joined and destroyed by one thread; post(), run() and stop() by any but its own.
// Signals are for the thread that made it.
#pragma once

#include <csignal>
#include <functional>
#include <future>
#include <thread>

#include "io/event_loop.h"

namespace io {

class LoopThread {
 public:
  LoopThread() : thread_(start()) {}
  ~LoopThread() { join(); }
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;

  EventLoop& loop() { return loop_; }
  void post(std::function<void()> task) { loop_.post(std::move(task)); }
  // Runs `task` there and waits for it.
  void run(const std::function<void()>& task) {
    std::promise<void> done;
    loop_.post([&] {
      task();
      done.set_value();
    });
    done.get_future().wait();
  }
  // Ends the thread. The loop stays, so that what lives on it can be taken down here.
  void join() {
    if (thread_.joinable()) {
      loop_.stop();
      thread_.join();
    }
  }

 private:
  std::thread start() {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    std::thread thread([this] { loop_.run(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return thread;
  }

  EventLoop loop_;
  std::thread thread_;
};

}  // namespace io
