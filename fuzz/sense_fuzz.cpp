// Sense data: any bytes give an answer; what is read survives both encodings.
#include "base/assert.h"
#include "scsi/sense.h"

namespace {

bool same_codes(const scsi::Sense& a, const scsi::Sense& b) {
  return a.key == b.key && a.asc == b.asc && a.ascq == b.ascq && a.deferred == b.deferred;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const scsi::Sense sense = scsi::decode_sense({data, size});
  BASE_ASSERT(sense.key < 16);
  BASE_ASSERT(scsi::name_of_sense_key(sense.key) != nullptr);
  BASE_ASSERT(scsi::text_of_sense_code(sense.asc, sense.ascq) != nullptr);
  if (!sense.valid()) {
    return 0;
  }
  std::array<uint8_t, 64> bytes{};
  size_t length = scsi::encode_fixed_sense(bytes, sense);
  BASE_ASSERT(same_codes(scsi::decode_sense(base::Bytes(bytes).first(length)), sense));
  length = scsi::encode_descriptor_sense(bytes, sense);
  const scsi::Sense again = scsi::decode_sense(base::Bytes(bytes).first(length));
  BASE_ASSERT(same_codes(again, sense) && again.information == sense.information);
  return 0;
}
