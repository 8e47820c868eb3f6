// Threads of the kernel that may wait while everything else goes on, as the worker threads of MPIO
// do. Each has a stack of its own; one runs at a time, and only a wait lets others go on, so a run
// stays the same every time. Who waited goes on a little after what he waited for has happened.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/scheduler.h"

namespace harness {

class Workers {
 public:
  explicit Workers(base::Scheduler& clock);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // Begins soon, not from inside, at PASSIVE_LEVEL.
  void start(std::function<void()> work);
  // The caller is such a thread.
  bool inside() const { return current_ != nullptr; }
  // Of such a thread: comes back when `done`, after a wake().
  void wait(std::function<bool()> done, const char* what);
  // Something that a thread may wait for has happened.
  void wake();
  // Before the clock becomes another one: there must be none.
  void end();
  size_t count() const { return threads_.size(); }
  // What they wait for.
  std::string text() const;

  // How long a thread that could go on waits for a processor; null: not at all.
  std::function<uint64_t()> delay_ns;

 private:
  struct Thread;

  static void prepare(Thread& thread);
  static void enter();
  void run();
  void resume(Thread& thread);

  base::Scheduler& clock_;
  std::vector<std::unique_ptr<Thread>> threads_;
  std::vector<std::unique_ptr<Thread>> spare_;  // ended; their stacks are used again
  Thread* current_ = nullptr;
  base::MemberTimer<&Workers::run> timer_{*this};
};

}  // namespace harness
