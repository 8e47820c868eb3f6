// See attention.h.
#include "mpio/attention.h"

#include "scsi/opcodes.h"
#include "scsi/sense.h"

namespace mpio {

Attention attention_of(uint8_t scsi_status, base::Bytes sense_data) {
  const scsi::Sense sense = scsi::decode_sense(sense_data);
  if (scsi_status != scsi::kCheckCondition || !sense.valid() || sense.deferred) {
    return Attention::none;
  }
  // 27/07 is no space, 27/08 is of zones.
  if (sense.key == scsi::kDataProtect && sense.code() >= 0x2700 && sense.code() <= 0x2706) {
    return Attention::write_refused;
  }
  if (sense.key != scsi::kUnitAttention) {
    return Attention::none;
  }
  switch (sense.code()) {
    case scsi::kParametersChanged:
    case scsi::kModeParametersChanged:
      return Attention::mode;
    case scsi::kCapacityChanged:
      return Attention::capacity;
    case 0x3f03:  // INQUIRY DATA HAS CHANGED
    case 0x3f05:  // DEVICE IDENTIFIER CHANGED
    case 0x3f0e:  // REPORTED LUNS DATA HAS CHANGED: this number may name another one now
      return Attention::identity;
    default:
      return Attention::none;
  }
}

}  // namespace mpio
