// See device.h.
#include "io/iscsi/device.h"

#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace io::iscsi {

void end_check(Task& task, uint8_t sense_key, uint16_t sense_code) {
  task.status = scsi::kCheckCondition;
  task.sense_bytes = static_cast<uint8_t>(
      scsi::encode_fixed_sense(task.sense, scsi::make_sense(sense_key, sense_code)));
  task.data_in.clear();
}

}  // namespace io::iscsi
