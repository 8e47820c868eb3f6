// What the tests of operations share: starts operations, and sees to it that each ends exactly
// once.
#pragma once

#include <gtest/gtest.h>

#include <map>

#include "dsm/testing/test_host.h"

namespace dsm::testing {

struct OperationHost : TestHost {
  explicit OperationHost(PolicyId policy = PolicyId::round_robin) : TestHost(policy) {}
  ~OperationHost() {
    for (const auto& [id, count] : counts()) {
      EXPECT_EQ(count, 1U) << "operation " << id << " ended " << count << " times";
    }
  }

  OperationId start(Operation operation) {
    operation.id = ++last_;
    on(event::start(now, operation));
    return last_;
  }
  OperationId verify(NexusId nexus, TimeNs deadline = 0) {
    Operation operation;
    operation.kind = OperationKind::verify_path;
    operation.nexus = nexus;
    operation.deadline = deadline;
    return start(operation);
  }
  OperationId move(NexusId nexus) {
    Operation operation;
    operation.kind = OperationKind::move;
    operation.lun = lun().id;
    operation.nexus = nexus;
    return start(operation);
  }
  OperationId set_policy(const PolicySettings& settings) {
    Operation operation;
    operation.kind = OperationKind::set_policy;
    operation.lun = lun().id;
    operation.settings = settings;
    return start(operation);
  }
  bool ended(OperationId id) { return counts()[id] != 0; }
  base::Code code(OperationId id) const {
    for (const OperationResult& result : results) {
      if (result.id == id) {
        return result.status.code();
      }
    }
    ADD_FAILURE() << "operation " << id << " has not ended";
    return base::Code::ok;
  }
  std::map<OperationId, unsigned> counts() const {
    std::map<OperationId, unsigned> counts;
    for (const OperationResult& result : results) {
      ++counts[result.id];
    }
    return counts;
  }

 private:
  OperationId last_ = 0;
};

// P1 in group 1 (active/optimized), P2 in group 2 (active/non-optimized), explicit ALUA.
struct ExplicitHost : OperationHost {
  explicit ExplicitHost(PolicyId policy = PolicyId::round_robin) : OperationHost(policy) {
    groups = {{1, scsi::AccessState::active_optimized},
              {2, scsi::AccessState::active_nonoptimized}};
    path(1, {.group = 1, .support = AluaSupport::explicit_only});
    path(2, {.group = 2, .support = AluaSupport::explicit_only});
  }
};

}  // namespace dsm::testing
