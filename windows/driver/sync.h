// Spin locks, waiting and the clock.
#pragma once

#include "dsm/types.h"
#include "windows/abi/kernel.h"
#include "windows/driver/irql.h"

namespace driver {

// A line of its own, so that the locks of two processors do not share one.
struct alignas(64) SpinLock {
  KSPIN_LOCK word = 0;
};

// Raises to DISPATCH_LEVEL and back.
class SpinGuard {
 public:
  explicit SpinGuard(SpinLock& lock)
      : lock_(lock), irql_(KeAcquireSpinLockRaiseToDpc(&lock.word)) {}
  ~SpinGuard() { KeReleaseSpinLock(&lock_.word, irql_); }
  SpinGuard(const SpinGuard&) = delete;
  SpinGuard& operator=(const SpinGuard&) = delete;

  static UnderLock here() { return {}; }

 private:
  SpinLock& lock_;
  KIRQL irql_;
};

// At DISPATCH_LEVEL, and back: for calls to others who, below it, may come to wait.
class AtDispatch {
 public:
  AtDispatch() : irql_(KfRaiseIrql(DISPATCH_LEVEL)) {}
  ~AtDispatch() { KeLowerIrql(irql_); }
  AtDispatch(const AtDispatch&) = delete;
  AtDispatch& operator=(const AtDispatch&) = delete;

 private:
  KIRQL irql_;
};

// One thread waits until anyone says that it is done.
class Done {
 public:
  Done() { KeInitializeEvent(&event_, NotificationEvent, FALSE); }
  Done(const Done&) = delete;
  Done& operator=(const Done&) = delete;
  void set() { KeSetEvent(&event_, 0, FALSE); }
  void wait(AtPassive) { KeWaitForSingleObject(&event_, Executive, KernelMode, FALSE, nullptr); }

 private:
  KEVENT event_{};
};

inline constexpr dsm::TimeNs kNsPerTick = 100;

// Time the machine has been running, without sleep: what the DSM waits for does not go on in sleep.
inline dsm::TimeNs now_ns() {
  return KeQueryUnbiasedInterruptTime() * kNsPerTick;
}

}  // namespace driver
