// The event loop: epoll, timers on CLOCK_MONOTONIC, signals, and posts from other threads. One loop
// is one thread is one lane: everything it runs shares nothing with other loops but what is said to
// be thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "mpio/loop.h"

namespace io {

class EventLoop final : public mpio::Loop {
 public:
  // Receives the epoll event bits (EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP).
  using FdHandler = std::function<void(uint32_t events)>;

  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // mpio::Loop. Timers have a resolution better than 1 ms and never fire early.
  uint64_t now_ns() const override;
  void arm(base::Timer& timer, uint64_t due_ns) override;
  void cancel(base::Timer& timer) override;

  // Watches `fd` (not owned: unwatch() it before you close it) for `events` (EPOLLIN, EPOLLOUT),
  // level-triggered. A second watch() of the same fd is an error (assertion). A handler may unwatch
  // any fd, its own included, from inside a callback; a handler that was unwatched is never called
  // again, not even for events already fetched.
  void watch(int fd, uint32_t events, FdHandler handler);
  void modify(int fd, uint32_t events);
  void unwatch(int fd);

  // Runs `handler` in the loop when the process receives `signal_number` (signalfd). Blocks the
  // signal in the calling thread and so in those it starts later: call it before there are others.
  void on_signal(int signal_number, std::function<void()> handler);

  // Tasks still waiting when the loop is destroyed do not run.
  void post(std::function<void()> task) override;

  // Runs until stop(), which any thread may call; a stop() before run() makes it return at once.
  // run_once() handles what is ready now, waiting at most `max_wait_ms` (-1: until something
  // happens); not from inside a handler.
  void run();
  void run_once(int max_wait_ms);
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace io
