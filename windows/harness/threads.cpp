// See threads.h.
#include "windows/harness/threads.h"

#include <algorithm>
#include <string>

#include "windows/harness/machine.h"
#include "windows/harness/pageable.h"

namespace harness {

thread_local Threads::Mine Threads::mine_;

void Threads::become(KIRQL irql) {
  mine_.irql = irql;
  if (PageableBytes::any() && machine().threads.at_home()) {
    PageableBytes::follow(irql);
  }
}

void Threads::set_irql(KIRQL irql) {
  if (irql < DISPATCH_LEVEL) {
    run_deferred();
  }
  become(irql);
}

void Threads::run_deferred() {
  while (!mine_.dpcs.empty()) {
    KDPC* const dpc = mine_.dpcs.front();
    mine_.dpcs.pop_front();
    become(DISPATCH_LEVEL);
    const PVOID arguments[] = {dpc->SystemArgument1, dpc->SystemArgument2};
    // It may be queued again as soon as it runs.
    std::atomic_ref(dpc->DpcData).store(nullptr, std::memory_order_release);
    dpc->DeferredRoutine(dpc, dpc->DeferredContext, arguments[0], arguments[1]);
    if (mine_.irql != DISPATCH_LEVEL || !mine_.held.empty()) {
      fail("a deferred procedure call came back at another IRQL, or with a spin lock");
    }
    --machine().threads.deferred_;
    machine().threads.announce();
  }
}

bool Threads::defer(KDPC* dpc, PVOID argument1, PVOID argument2) {
  PVOID idle = nullptr;
  if (!std::atomic_ref(dpc->DpcData).compare_exchange_strong(idle, dpc)) {
    return false;
  }
  dpc->SystemArgument1 = argument1;
  dpc->SystemArgument2 = argument2;
  ++deferred_;
  mine_.dpcs.push_back(dpc);
  if (mine_.irql < DISPATCH_LEVEL) {
    const KIRQL before = mine_.irql;
    run_deferred();
    become(before);
  }
  return true;
}

void Threads::note_order(KSPIN_LOCK* word, const char* function) {
  if (mine_.held.empty()) {
    return;
  }
  const std::lock_guard guard(mutex_);
  for (KSPIN_LOCK* const held : mine_.held) {
    const auto known = [this](KSPIN_LOCK* first, KSPIN_LOCK* then) {
      return std::find(orders_.begin(), orders_.end(), std::pair(first, then)) != orders_.end();
    };
    if (known(word, held)) {
      fail(std::string(function) + ": two spin locks are taken in both orders");
    }
    if (!known(held, word)) {
      orders_.emplace_back(held, word);
    }
  }
}

void Threads::lock(KSPIN_LOCK* word, const char* function) {
  const auto me = reinterpret_cast<ULONG_PTR>(&mine_);
  const std::atomic_ref owner(*word);
  if (owner.load(std::memory_order_relaxed) == me) {
    fail(std::string(function) + ": the spin lock is taken already by this thread");
  }
  note_order(word, function);
  for (ULONG_PTR free = 0; !owner.compare_exchange_weak(free, me, std::memory_order_acquire);
       free = 0) {
    std::this_thread::yield();
  }
  mine_.held.push_back(word);
}

void Threads::unlock(KSPIN_LOCK* word, const char* function, bool forget) {
  if (mine_.held.empty() || mine_.held.back() != word) {
    fail(std::string(function) + ": releases a spin lock that is not the last one taken");
  }
  mine_.held.pop_back();
  if (!forget) {
    std::atomic_ref(*word).store(0, std::memory_order_release);
  }
}

void Threads::do_at_home(std::function<void()> work) {
  if (at_home()) {
    do_what_was_left();  // it came first
    work();
    return;
  }
  {
    const std::lock_guard guard(mutex_);
    left_.push_back(std::move(work));
  }
  announce();
}

bool Threads::do_what_was_left() {
  std::vector<std::function<void()>> left;
  {
    const std::lock_guard guard(mutex_);
    left.swap(left_);
  }
  for (const auto& work : left) {
    work();
  }
  return !left.empty();
}

void Threads::announce() {
  {
    const std::lock_guard guard(mutex_);
    ++news_;
  }
  changed_.notify_all();
}

Threads::Visitor::Visitor(Threads& threads) : threads_(threads) {
  const std::lock_guard guard(threads_.mutex_);
  threads_.visitors_.push_back(this);
}

Threads::Visitor::~Visitor() {
  {
    const std::lock_guard guard(threads_.mutex_);
    std::erase(threads_.visitors_, this);
    ++threads_.news_;
  }
  threads_.changed_.notify_all();
}

uint64_t Threads::turns_of_all() const {
  const std::lock_guard guard(mutex_);
  uint64_t fewest = kAnyNumber;
  for (const Visitor* const visitor : visitors_) {
    fewest = std::min(fewest, visitor->turns_.load(std::memory_order_relaxed));
  }
  return fewest;
}

bool Threads::wait_for_news(unsigned since) {
  std::unique_lock guard(mutex_);
  const bool possible = !visitors_.empty() || !at_home();
  changed_.wait(guard, [&] { return !possible || news_ != since; });
  return news_ != since;
}

}  // namespace harness
