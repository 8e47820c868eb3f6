// See workers.h.
#include "windows/harness/workers.h"

#include <sys/mman.h>
#include <ucontext.h>

#include <algorithm>
#include <utility>

#include "windows/harness/machine.h"

namespace harness {
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kStackBytes = 64 * kPage;

}  // namespace

struct Workers::Thread {
  Thread() {
    void* const place = mmap(nullptr, kPage + kStackBytes, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (place == MAP_FAILED) {
      fail("no memory for a thread's stack");
    }
    stack = static_cast<uint8_t*>(place);
    mprotect(stack, kPage, PROT_NONE);  // a stack that is too small is noticed
  }
  ~Thread() { munmap(stack, kPage + kStackBytes); }
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

  uint8_t* stack = nullptr;
  ucontext_t own{};
  ucontext_t resumer{};
  std::function<void()> work;
  std::function<bool()> can_go_on;  // null: at once
  const char* waits_for = "a processor";
  unsigned critical_regions = 0;  // that it is in while others run
  bool ended = false;
};

Workers::Workers(base::Scheduler& clock) : clock_(clock) {}

Workers::~Workers() {
  clock_.cancel(timer_);
}

void Workers::start(std::function<void()> work) {
  std::unique_ptr<Thread> thread;
  if (spare_.empty()) {
    thread = std::make_unique<Thread>();
  } else {
    thread = std::move(spare_.back());
    spare_.pop_back();
  }
  thread->work = std::move(work);
  thread->can_go_on = nullptr;
  thread->waits_for = "a processor";
  thread->ended = false;
  prepare(*thread);
  threads_.push_back(std::move(thread));
  wake();
}

void Workers::prepare(Thread& thread) {
  getcontext(&thread.own);
  thread.own.uc_stack.ss_sp = thread.stack + kPage;
  thread.own.uc_stack.ss_size = kStackBytes;
  thread.own.uc_link = nullptr;
  makecontext(&thread.own, &Workers::enter, 0);
}

void Workers::enter() {
  Thread& self = *machine().workers.current_;
  self.work();
  self.ended = true;
  swapcontext(&self.own, &self.resumer);
}

void Workers::wait(std::function<bool()> done, const char* what) {
  Thread& self = *current_;
  if (machine().irql() != PASSIVE_LEVEL || machine().locks_held() != 0) {
    fail("a thread waits at a raised IRQL, or with a spin lock");
  }
  self.can_go_on = std::move(done);
  self.waits_for = what;
  swapcontext(&self.own, &self.resumer);
}

void Workers::end() {
  if (!threads_.empty()) {
    fail("threads are left that wait for " + text());
  }
  clock_.cancel(timer_);
}

std::string Workers::text() const {
  std::string text;
  for (const auto& thread : threads_) {
    text += std::string(text.empty() ? "" : ", ") + thread->waits_for;
  }
  return text;
}

void Workers::wake() {
  if (!timer_.armed() && !threads_.empty()) {
    clock_.arm_after(timer_, delay_ns ? delay_ns() : 0);
  }
}

// Each that can go on does, once; whom that lets go on comes after.
void Workers::run() {
  bool some = false;
  for (size_t i = 0; i < threads_.size(); ++i) {
    Thread& thread = *threads_[i];
    if (thread.can_go_on == nullptr || thread.can_go_on()) {
      resume(thread);
      some = true;
    }
  }
  for (size_t i = 0; i < threads_.size();) {
    if (threads_[i]->ended) {
      threads_[i]->work = nullptr;
      spare_.push_back(std::move(threads_[i]));
      threads_.erase(threads_.begin() + static_cast<ptrdiff_t>(i));
    } else {
      ++i;
    }
  }
  if (some) {
    wake();
  }
}

void Workers::resume(Thread& thread) {
  if (thread.ended) {
    return;
  }
  Thread* const before = std::exchange(current_, &thread);
  const unsigned regions = std::exchange(machine().critical_regions, thread.critical_regions);
  swapcontext(&thread.resumer, &thread.own);
  thread.critical_regions = std::exchange(machine().critical_regions, regions);
  current_ = before;
  if (thread.ended && thread.critical_regions != 0) {
    fail("a thread ends in a critical region");
  }
}

}  // namespace harness
