// The platform's locks as guards. Inside dsm/ only.
#pragma once

#include "dsm/config.h"

namespace dsm {

class TopologyGuard {
 public:
  explicit TopologyGuard(const LockOps& locks) : locks_(locks) {
    if (locks_.lock_topology != nullptr) {
      locks_.lock_topology(locks_.context);
    }
  }
  ~TopologyGuard() {
    if (locks_.unlock_topology != nullptr) {
      locks_.unlock_topology(locks_.context);
    }
  }
  TopologyGuard(const TopologyGuard&) = delete;
  TopologyGuard& operator=(const TopologyGuard&) = delete;

 private:
  const LockOps& locks_;
};

class LunGuard {
 public:
  LunGuard(const LockOps& locks, Lun& lun) : locks_(locks), lun_(lun) {
    if (locks_.lock_lun != nullptr) {
      locks_.lock_lun(locks_.context, lun_);
    }
  }
  // The LUN may have been released meanwhile: its storage stays valid until the host has got the
  // actions.
  ~LunGuard() {
    if (locks_.unlock_lun != nullptr) {
      locks_.unlock_lun(locks_.context, lun_);
    }
  }
  LunGuard(const LunGuard&) = delete;
  LunGuard& operator=(const LunGuard&) = delete;

 private:
  const LockOps& locks_;
  Lun& lun_;
};

}  // namespace dsm
