// REPORT LUNS data and LUN addresses.
#include "base/assert.h"
#include "scsi/luns.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  size_t count = 0;
  const bool whole = scsi::for_each_reported_lun({data, size}, [&](uint64_t raw) {
    ++count;
    const auto lun = scsi::decode_lun(raw);
    if (lun && *lun < 16384) {
      BASE_ASSERT(scsi::decode_lun(scsi::encode_lun(*lun)) == lun);
    }
  });
  BASE_ASSERT(count <= size / 8);
  BASE_ASSERT(!whole || size >= 8);
  return 0;
}
