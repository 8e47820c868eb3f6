// START STOP UNIT and PREVENT ALLOW MEDIUM REMOVAL. SBC-3 5.25, SPC-4 and SBC-3 5.13.
#include "array/commands.h"
#include "scsi/sense.h"

namespace array {
namespace {

constexpr uint16_t kNotReadyToReady = 0x2800;
constexpr uint16_t kRemovalPrevented = 0x5302;

}  // namespace

// A LUN of an array does not spin: start, stop and power conditions are taken note of and change
// nothing, as other hosts may use it. Only the medium of a removable unit can be ejected and
// loaded. And a controller of an active/passive array that is told to start the unit owns it from
// then on.
void start_stop_unit(Context& context) {
  const base::Bytes cdb = context.cdb();
  const bool power_condition = (cdb[4] & 0xf0) != 0;
  const bool load_or_eject = (cdb[4] & 0x02) != 0;
  const bool start = (cdb[4] & 0x01) != 0;
  Lun& lun = *context.lun;
  if (!power_condition && !load_or_eject && start) {
    static_cast<void>(
        context.array.take_over(context.array.config().ports[context.nexus.port].controller));
  }
  if (power_condition || !load_or_eject) {
    return end_good(context.task);
  }
  if (!lun.removable()) {
    return end_invalid_field(context.task, 4);  // LOEJ
  }
  if (start == lun.medium_present()) {
    return end_good(context.task);
  }
  if (lun.removal_prevented()) {  // neither may it go, nor another come
    return end_check(context.task, scsi::kIllegalRequest, kRemovalPrevented);
  }
  if (start) {
    context.array.attention_for_all(kNotReadyToReady, lun.number(), &context.nexus);
  }
  lun.set_medium_present(start);
  end_good(context.task);
}

void prevent_allow_removal(Context& context) {
  const uint8_t prevent = context.cdb()[4] & 0x03;
  if (prevent > 1) {
    return end_invalid_field(context.task, 4);
  }
  context.lun->prevent_removal(context.nexus.id, prevent == 1);
  end_good(context.task);
}

}  // namespace array
