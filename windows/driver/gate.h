// A gate lets in one at a time and makes nobody wait. Who finds it taken goes elsewhere, or leaves
// an errand with whoever is inside, who runs it before going out.
//
// Any IRQL, and no IRQL is raised. A thread may be preempted inside, and then whoever runs on the
// same processor cannot wait for it: so there is nothing here to wait in. Who enters reads what all
// before have written, and so does who runs an errand.
#pragma once

#include <atomic>
#include <cstdint>

namespace driver {

class Gate {
 public:
  struct alignas(8) Errand {
    Errand* next = nullptr;
  };

  // True: the caller is inside, until leave() says otherwise.
  bool enter() {
    uintptr_t expected = kFree;
    return word_.compare_exchange_strong(expected, kTaken, std::memory_order_acquire,
                                         std::memory_order_relaxed);
  }
  // True: the caller is inside, and `errand` is his own to run. False: it has been left with
  // whoever is inside. It is tried again only when others have come or gone meanwhile.
  bool enter_or_leave(Errand& errand) {
    uintptr_t seen = word_.load(std::memory_order_relaxed);
    uintptr_t wanted = 0;
    do {
      errand.next = errands_in(seen);
      wanted = seen == kFree ? kTaken : reinterpret_cast<uintptr_t>(&errand) | kTaken;
    } while (!word_.compare_exchange_weak(seen, wanted, std::memory_order_acq_rel,
                                          std::memory_order_relaxed));
    return seen == kFree;
  }
  // Null: the caller is outside. Otherwise still inside, with errands to run, the latest first;
  // then leave() again. Each was somebody's command that had begun, or a barrier: they come to an
  // end.
  Errand* leave() {
    uintptr_t expected = kTaken;
    if (word_.compare_exchange_strong(expected, kFree, std::memory_order_release,
                                      std::memory_order_relaxed)) [[likely]] {
      return nullptr;
    }
    return errands_in(word_.exchange(kTaken, std::memory_order_acquire));
  }

 private:
  static constexpr uintptr_t kFree = 0;
  static constexpr uintptr_t kTaken = 1;  // beside the address of the latest errand, if any

  static Errand* errands_in(uintptr_t word) { return reinterpret_cast<Errand*>(word & ~kTaken); }

  std::atomic<uintptr_t> word_{kFree};
};

}  // namespace driver
