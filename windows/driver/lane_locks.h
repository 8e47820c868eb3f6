// A lane belongs to whoever holds its lock. Lanes are per processor, so two processors seldom want
// the same one.
#pragma once

#include "dsm/limits.h"
#include "windows/driver/sync.h"

namespace driver {

class LaneLocks {
 public:
  explicit LaneLocks(unsigned count) : count_(count) {}

  unsigned count() const { return count_; }
  unsigned here() const { return KeGetCurrentProcessorNumberEx(nullptr) % count_; }
  SpinLock& of(unsigned lane) { return locks_[lane]; }

  // Who has passed here knows that every lane has passed a barrier, and holds nothing that it read
  // before.
  void pass_all() {
    for (unsigned lane = 0; lane < count_; ++lane) {
      const SpinGuard guard(locks_[lane]);
    }
  }

 private:
  unsigned count_;
  SpinLock locks_[dsm::kMaxLanes];
};

}  // namespace driver
