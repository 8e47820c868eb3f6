// The answers about a LUN, class by class. One element for each of `ids`, in their order.
// PASSIVE_LEVEL.
#pragma once

#include "windows/driver/lun_view.h"
#include "windows/driver/wmi/answer.h"
#include "windows/driver/wmi/wire.h"

namespace driver {

// policy_answers.cpp
NTSTATUS answer_policy(Answer& answer, const LunView& lun, const DSM_IDS& ids);
NTSTATUS answer_policy_v2(Answer& answer, const LunView& lun, const DSM_IDS& ids);
NTSTATUS answer_supported_policies(Answer& answer, const LunView& lun, ULONG version);
// counter_answers.cpp
NTSTATUS answer_performance(Answer& answer, Engine& engine, const DSM_IDS& ids);
NTSTATUS answer_health(Answer& answer, Engine& engine, const LunView& lun, const DSM_IDS& ids);

}  // namespace driver
