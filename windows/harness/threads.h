// What belongs to a thread of the machine: its IRQL, the spin locks it holds, the deferred
// procedure calls that wait for its processor.
//
// One thread is at home in the machine: it owns the clock, the array and MPIO, and lets time pass.
// Scenarios have no other unless they say so, and are the same at every run. Others (Visitor) may
// call what the driver allows at DISPATCH_LEVEL; what that has the hardware do is done at home.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "windows/abi/imports.h"

namespace harness {

class Threads {
 public:
  static KIRQL irql() { return mine_.irql; }
  // Below DISPATCH_LEVEL the calls that were deferred come first.
  static void set_irql(KIRQL irql);
  static size_t locks_held() { return mine_.held.size(); }

  // Spins while another thread has it.
  void lock(KSPIN_LOCK* word, const char* function);
  // `forget`: it stays taken.
  static void unlock(KSPIN_LOCK* word, const char* function, bool forget);

  // False: it is queued already.
  bool defer(KDPC* dpc, PVOID argument1, PVOID argument2);
  unsigned deferred() const { return deferred_.load(std::memory_order_acquire); }

  bool at_home() const { return std::this_thread::get_id() == home_; }
  // At once when at home. It must not call the driver, as the caller may hold its locks.
  void do_at_home(std::function<void()> work);
  // At home: what others have left to be done. False: nothing.
  bool do_what_was_left();

  // Something has happened that a thread may be waiting for.
  void announce();
  unsigned news() const { return news_.load(std::memory_order_acquire); }
  // Until there are others. False: nobody is there who could make any.
  bool wait_for_news(unsigned since);

  // A thread besides the one at home, while it lives. It says each time that it begins anew.
  class Visitor {
   public:
    explicit Visitor(Threads& threads);
    ~Visitor();
    void begin_turn() { turns_.fetch_add(1, std::memory_order_relaxed); }
    Visitor(const Visitor&) = delete;
    Visitor& operator=(const Visitor&) = delete;

   private:
    friend Threads;
    Threads& threads_;
    std::atomic<uint64_t> turns_{0};
  };
  // How often every visitor has begun anew: virtual time passes however long the processors are
  // elsewhere, and says nothing of what visitors could have done. Without any: kAnyNumber.
  static constexpr uint64_t kAnyNumber = UINT64_MAX;
  uint64_t turns_of_all() const;

 private:
  struct Mine {
    KIRQL irql = PASSIVE_LEVEL;
    std::vector<KSPIN_LOCK*> held;
    std::deque<KDPC*> dpcs;
  };
  static thread_local Mine mine_;

  static void become(KIRQL irql);
  void note_order(KSPIN_LOCK* word, const char* function);
  static void run_deferred();

  std::thread::id home_ = std::this_thread::get_id();
  std::atomic<unsigned> deferred_{0};
  mutable std::mutex mutex_;  // guards what follows
  std::vector<Visitor*> visitors_;
  std::condition_variable changed_;
  std::atomic<unsigned> news_{0};
  std::vector<std::function<void()>> left_;
  std::vector<std::pair<KSPIN_LOCK*, KSPIN_LOCK*>> orders_;  // taken while the first was held
};

}  // namespace harness
