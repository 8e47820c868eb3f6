// The machine that the driver believes to run on: clock, IRQL, pool, locks, waits, objects. Small,
// strict, and the same at every run.
//
// What a real kernel would answer by a blue screen, or by nothing at all until later, ends the
// process here with one sentence that names the function (fail()). Scenarios therefore run in
// processes of their own.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/scheduler.h"
#include "base/timer_queue.h"
#include "windows/abi/imports.h"
#include "windows/harness/registry.h"
#include "windows/harness/threads.h"
#include "windows/harness/workers.h"

namespace harness {

// Says what is wrong and ends the process (exit code kBroken). Never returns: there is no way back
// through the driver's frames.
inline constexpr int kBroken = 3;
[[noreturn]] void fail(const std::string& what);

// Time that somebody else keeps.
class TimeKeeper : public base::Scheduler {
 public:
  // As VirtualClock's.
  virtual bool step() = 0;

 protected:
  ~TimeKeeper() = default;
};

// Moves only when the thread at home waits. Any thread may read it.
class VirtualClock final : public base::Scheduler {
 public:
  uint64_t now_ns() const override {
    return keeper_ != nullptr ? keeper_->now_ns() : now_ns_.load(std::memory_order_relaxed);
  }
  void arm(base::Timer& timer, uint64_t due_ns) override;
  void cancel(base::Timer& timer) override;
  // Fires the next timer, at its time. False: there is none.
  bool step();
  // From now on the time is somebody else's; null: its own. No timer may be armed.
  void follow(TimeKeeper* keeper) { keeper_ = keeper; }

 private:
  TimeKeeper* keeper_ = nullptr;
  base::TimerQueue timers_;
  std::atomic<uint64_t> now_ns_{1'000'000'000};
};

// Blocks of the pool, each between two canaries; new bytes are not zero, freed ones are spoilt. For
// any thread.
class Pool {
 public:
  // Called first of all when a block of this tag is wanted: what may come in between there.
  std::function<void(uint32_t tag)> interrupt;
  // Called last of all when a block of this tag has gone back: the same.
  std::function<void(uint32_t tag)> interrupt_release;
  bool quick = false;  // no canaries, no tags, no book: see fast_kernel.h. For measuring

  void* allocate(size_t bytes, uint32_t tag);
  // Tag 0 frees any block, as ExFreePool does.
  void release(void* block, uint32_t tag, const char* by);
  // "" when nothing is left, else how many blocks of which tag.
  std::string leaks() const;
  size_t count(uint32_t tag) const;  // blocks of it
  size_t allocations() const { return allocations_; }
  // The allocation with this number (from 1) fails; 0: none.
  void fail_at(size_t number) { fail_at_ = number; }
  // All of them fail, until there is memory again.
  void exhaust(bool exhausted) { exhausted_ = exhausted; }
  bool has_failed() const { return fail_at_ != 0 && allocations_ >= fail_at_; }

 private:
  struct Block {
    size_t bytes = 0;
    uint32_t tag = 0;
  };
  uint32_t take_back(void* address, uint32_t tag, const char* by);  // the tag that it had

  mutable std::mutex mutex_;  // guards what follows
  std::map<uint8_t*, Block> blocks_;
  size_t allocations_ = 0;
  size_t fail_at_ = 0;
  bool exhausted_ = false;
};

// How the machine is to misbehave, so that it can be seen that it is noticed.
struct Mutations {
  // The next KeReleaseSpinLock lowers the IRQL, the lock stays taken.
  std::atomic<bool> forget_release{false};
  bool forget_reference = false;     // the next ObfReferenceObject does nothing
  const void* deaf_event = nullptr;  // KeSetEvent does nothing to this one
  uint32_t forget_free = 0;          // the next block of this tag that is freed stays
};

class Machine {
 public:
  Threads threads;
  VirtualClock clock;
  Workers workers{clock};
  Pool pool;
  Mutations mutations;
  uint32_t processors = 2;
  static constinit thread_local uint32_t processor;  // that the thread runs on
  bool caller_is_32_bit = false;                     // the program whose packet is handled
  std::map<std::u16string, DEVICE_OBJECT*> devices;
  Registry registry;
  std::vector<std::string> messages;  // of DbgPrintEx
  unsigned critical_regions = 0;      // that the thread is in
  std::map<void*, int> references;
  // What the pages are that somebody has locked, until they are mapped.
  std::map<const MDL*, void*> locked_pages;

  // Something has happened that a thread may be waiting for.
  void announce();

  static KIRQL irql() { return Threads::irql(); }
  static void set_irql(KIRQL irql) { Threads::set_irql(irql); }
  // Of a kernel function called by the driver.
  static void require_at_most(KIRQL highest, const char* function);

  void lock(KSPIN_LOCK* word, const char* function) { threads.lock(word, function); }
  void unlock(KSPIN_LOCK* word, const char* function);
  static size_t locks_held() { return Threads::locks_held(); }

  // What KeQueryUnbiasedInterruptTime counts and timers fire by: 64 times a second, as rarely as
  // Windows' clock ever interrupts.
  static constexpr uint64_t kClockInterruptNs = 15'625'000;
  // When a wait of so many ticks, told as a negative number, that begins now is over.
  uint64_t end_of_wait_ns(LONGLONG due_ticks) const;

  // Elsewhere than at home a timer is set or cancelled a little later.
  void set_timer(KTIMER* timer, LONGLONG due_ticks, KDPC* dpc);
  bool cancel_timer(KTIMER* timer);  // was it armed? False when nobody knows yet
  static constexpr uint64_t kLongestWaitNs = 3'600'000'000'000;
  uint64_t latest_ns = UINT64_MAX;  // by then what goes on must have ended, in however many waits
  static constexpr uint64_t kTurnsInWait = 100'000;  // of other threads
  // Lets time pass until `done()`. A wait that nothing can end is a failure, and so is one that
  // goes on while other things happen again and again, other threads' turns among them.
  template <typename Condition>
  void wait_until(Condition&& done, const char* what) {
    if (workers.inside()) {
      if (!done()) {
        workers.wait([&done] { return done(); }, what);
      }
      return;
    }
    const uint64_t limit_ns = std::min(clock.now_ns() + kLongestWaitNs, latest_ns);
    const uint64_t turns = threads.turns_of_all();
    const uint64_t enough = turns == Threads::kAnyNumber ? turns : turns + kTurnsInWait;
    for (unsigned seen = threads.news(); !done(); seen = threads.news()) {
      // One of many waits, each of which ends.
      const bool too_late = turns == Threads::kAnyNumber && clock.now_ns() > latest_ns;
      const bool goes_on = advance() || threads.wait_for_news(seen);
      const bool too_long = clock.now_ns() > limit_ns && threads.turns_of_all() >= enough;
      if (too_late || too_long || !goes_on) {
        if (!too_late && done()) {  // other threads have got there meanwhile
          return;
        }
        fail(std::string(what) + " waits for ever: nothing on its way ends that");
      }
    }
  }
  // Everything that is on its way arrives.
  void settle() {
    while (advance()) {
    }
  }

  void check_nothing_left();

 private:
  struct ArmedTimer;

  void arm(KTIMER* timer, uint64_t due_ns, KDPC* dpc);
  bool disarm(KTIMER* timer);
  // At home: the next thing that happens. False: nothing does.
  bool advance() { return threads.at_home() && (threads.do_what_was_left() || clock.step()); }

  std::map<KTIMER*, ArmedTimer*> timers_;
};

Machine& machine();

// The thread at another IRQL, as MPIO calls some entry points.
class AtIrql {
 public:
  explicit AtIrql(KIRQL irql) : before_(machine().irql()) { machine().set_irql(irql); }
  ~AtIrql() { machine().set_irql(before_); }
  AtIrql(const AtIrql&) = delete;
  AtIrql& operator=(const AtIrql&) = delete;

 private:
  KIRQL before_;
};

// A list of these pages, neither locked nor mapped.
void describe(MDL& mdl, void* address, ULONG bytes);

// Ends a packet: calls the completion routines from the lowest up, at DISPATCH_LEVEL.
void complete_request(IRP* irp);

}  // namespace harness
