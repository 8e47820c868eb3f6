// Answers of an array that lies: what the faults of fault_state.h make of a true answer. Pure
// functions over the answer; each is well-formed or malformed in one named way, so that a host's
// message can be judged.
#pragma once

#include "array/fault_state.h"
#include "array/task.h"

namespace array {

// The lies that need the groups: stale, empty, duplicate, unknown_group, reserved.
void lie_about_groups(RtpgLie lie, std::span<const scsi::SetGroup> stale,
                      scsi::TargetPortGroups& groups);
// The lies about the encoded answer: truncated, too_long. `length` bytes of `data` are the answer
// before, the result after.
size_t lie_about_length(RtpgLie lie, base::MutableBytes data, size_t length);

// The answer of an INQUIRY that ended with GOOD: page lies and the wrong identity. Other tasks are
// left alone.
void lie_about_pages(const PortFaults& faults, Task& task);
// CHECK CONDITION with sense data that is none.
void end_with_malformed_sense(SenseLie lie, Task& task);

}  // namespace array
