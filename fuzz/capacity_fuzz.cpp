// READ CAPACITY data: only capacities that a disk can be built on, and they survive encoding.
#include <bit>

#include "base/assert.h"
#include "scsi/capacity.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::array<uint8_t, 32> bytes{};
  if (const auto capacity = scsi::decode_capacity10({data, size})) {
    BASE_ASSERT(std::has_single_bit(capacity->block_bytes) && capacity->block_bytes >= 512);
    BASE_ASSERT(scsi::encode_capacity10(bytes, *capacity) == 8);
    const auto again = scsi::decode_capacity10(base::Bytes(bytes).first(8));
    BASE_ASSERT(again && again->last_lba == capacity->last_lba);
  }
  if (const auto capacity = scsi::decode_capacity16({data, size})) {
    BASE_ASSERT(std::has_single_bit(capacity->block_bytes) && capacity->block_bytes <= 65536);
    BASE_ASSERT(scsi::encode_capacity16(bytes, *capacity) == 32);
    const auto again = scsi::decode_capacity16(bytes);
    BASE_ASSERT(again && again->last_lba == capacity->last_lba && again->thin == capacity->thin &&
                again->physical_exponent == capacity->physical_exponent);
  }
  return 0;
}
