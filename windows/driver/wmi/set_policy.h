// Sets or clears a LUN's own policy, as a request asks for. PASSIVE_LEVEL.
#pragma once

#include "windows/driver/wmi/policy_request.h"

namespace driver {

NTSTATUS set_policy(AtPassive here, Driver& driver, const DSM_IDS& ids, ULONG version,
                    base::Bytes in);

}  // namespace driver
