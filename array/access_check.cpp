// See access_check.h. Order: SAM-5 5.3.1; access states: SPC-4 5.15.2.4.
#include "array/access_check.h"

#include "scsi/sense.h"

namespace array {
namespace {

// 0: the state serves medium access.
uint16_t refusal_of(scsi::AccessState state) {
  switch (state) {
    case scsi::AccessState::active_optimized:
    case scsi::AccessState::active_nonoptimized:
    case scsi::AccessState::lba_dependent:
      return 0;
    case scsi::AccessState::standby:
      return 0x040b;
    case scsi::AccessState::unavailable:
    case scsi::AccessState::offline:
      return 0x040c;
    case scsi::AccessState::transitioning:
      return 0x040a;
  }
  return 0x040c;
}

}  // namespace

bool may_execute(Context& context, const CommandRow& row) {
  Task& task = context.task;
  if (context.lun == nullptr) {
    if ((row.properties & kAnyLun) != 0) {
      return true;
    }
    end_check(task, scsi::kIllegalRequest, 0x2500);
    return false;
  }
  AttentionQueue& attentions = context.nexus.attentions[context.lun->number()];
  if (!attentions.empty() && (row.properties & kSkipsAttention) == 0) {
    end_check(task, scsi::kUnitAttention, attentions.front());
    attentions.pop();
    return false;
  }
  const uint16_t refusal =
      refusal_of(context.array.groups().state(context.array.group_of_port(context.nexus.port)));
  if (refusal != 0 && (row.properties & kAnyAccessState) == 0) {
    end_check(task, scsi::kNotReady, refusal);
    return false;
  }
  return true;
}

}  // namespace array
