// For tests: the two kinds of locks of a module that runs in one thread, judged. See LockOps.
#pragma once

#include <gtest/gtest.h>

#include "dsm/config.h"

namespace dsm::testing {

class LockJudge {
 public:
  LockOps ops() {
    return {.context = this,
            .lock_topology = [](void* context) { of(context).lock_topology(); },
            .unlock_topology = [](void* context) { of(context).unlock_topology(); },
            .lock_lun = [](void* context, Lun& lun) { of(context).lock_lun(lun); },
            .unlock_lun = [](void* context, Lun& lun) { of(context).unlock_lun(lun); }};
  }
  bool all_free() const { return !topology_ && lun_ == nullptr; }

  unsigned topology_taken = 0;
  unsigned luns_taken = 0;

 private:
  static LockJudge& of(void* context) { return *static_cast<LockJudge*>(context); }
  void lock_topology() {
    EXPECT_FALSE(topology_) << "taken twice";
    EXPECT_EQ(lun_, nullptr) << "the topology lock is taken before a LUN's";
    topology_ = true;
    ++topology_taken;
  }
  void unlock_topology() {
    EXPECT_TRUE(topology_);
    EXPECT_EQ(lun_, nullptr) << "given back in turn";
    topology_ = false;
  }
  void lock_lun(Lun& lun) {
    EXPECT_EQ(lun_, nullptr) << "no two LUNs' at once";
    lun_ = &lun;
    ++luns_taken;
  }
  void unlock_lun(Lun& lun) {
    EXPECT_EQ(lun_, &lun);
    lun_ = nullptr;
  }

  bool topology_ = false;
  const Lun* lun_ = nullptr;
};

}  // namespace dsm::testing
