// The IRQL that code runs at, as types. What may only be done at PASSIVE_LEVEL - to wait, to touch
// the registry - asks for an AtPassive; only the entry points that are called at PASSIVE_LEVEL make
// one, and give it on. What a deferred procedure call, a completion or a command on its way runs
// has none, so it cannot come to wait: that does not compile. They are empty and cost nothing.
#pragma once

namespace driver {

class AtPassive {
 public:
  // For entry points only, and only for those whose caller promises it: DriverEntry, DriverUnload,
  // and what MPIO calls at PASSIVE_LEVEL (windows/abi/mpio.h).
  static constexpr AtPassive promised() { return AtPassive(); }

 private:
  constexpr AtPassive() = default;
};

// The lock is held: for what only its holder may do. SpinGuard::here() gives it.
class UnderLock {
  friend class SpinGuard;
  constexpr UnderLock() = default;
};

}  // namespace driver
