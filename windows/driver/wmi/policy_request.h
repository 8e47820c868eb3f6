// SetLoadBalancePolicy as it comes in: read once, checked for its form, and matched with the
// devices of the LUN. What it asks for is for the DSM to judge.
#pragma once

#include "windows/driver/lun_view.h"
#include "windows/driver/wmi/answer.h"
#include "windows/driver/wmi/wire.h"

namespace driver {

struct AskedPath {
  dsm::NexusId nexus = 0;
  dsm::Desire desire = dsm::Desire::undetermined;
  uint32_t weight = 0;
  bool preferred = false;
  bool named = false;  // by the request, and as a path that is there: it may have been marked
};

// Large: not for a stack.
struct PolicyRequest {
  dsm::PolicyId policy = dsm::PolicyId::none;  // none: the LUN's own setting goes
  bool can_prefer = false;                     // the form has a mark for the preferred path
  base::FixedVector<AskedPath, dsm::kMaxPathsPerLun> paths;
};

// By the rules of docs/windows.md, in their order. `version`: of the method.
NTSTATUS read_policy_request(base::Bytes in, ULONG version, const LunView& lun, const DSM_IDS& ids,
                             PolicyRequest& out);

}  // namespace driver
