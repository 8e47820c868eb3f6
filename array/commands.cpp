// The ways a command ends; see commands.h.
#include "array/commands.h"

#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace array {
namespace {

void end_with_sense(Task& task, const scsi::Sense& sense) {
  task.status = scsi::kCheckCondition;
  task.sense_bytes = static_cast<uint8_t>(scsi::encode_fixed_sense(task.sense, sense));
  task.data_in.clear();
}

}  // namespace

void end_good(Task& task) {
  task.status = scsi::kGood;
}

void end_with_data(Task& task, base::Bytes whole, size_t allocation_bytes) {
  const base::Bytes part = base::slice(whole, 0, allocation_bytes);
  task.data_in.assign(part.begin(), part.end());
  end_good(task);
}

void end_check(Task& task, uint8_t sense_key, uint16_t sense_code) {
  end_with_sense(task, scsi::make_sense(sense_key, sense_code));
}

void end_check(Task& task, uint8_t sense_key, uint16_t sense_code, uint64_t information) {
  scsi::Sense sense = scsi::make_sense(sense_key, sense_code);
  sense.information = information;
  end_with_sense(task, sense);
}

void end_invalid_field(Task& task, uint16_t byte, bool in_cdb) {
  scsi::Sense sense = scsi::make_sense(scsi::kIllegalRequest, in_cdb ? 0x2400 : 0x2600);
  sense.key_specific[0] = in_cdb ? 0xc0 : 0x80;  // SKSV, C/D
  base::store_be16(&sense.key_specific[1], byte);
  end_with_sense(task, sense);
}

void to_descriptor_sense(Task& task) {
  const scsi::Sense sense = scsi::decode_sense(base::Bytes(task.sense).first(task.sense_bytes));
  if (!sense.valid()) {
    return;  // a fault wants it malformed
  }
  task.sense_bytes = static_cast<uint8_t>(scsi::encode_descriptor_sense(task.sense, sense));
}

}  // namespace array
