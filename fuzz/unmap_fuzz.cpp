// UNMAP parameter lists: never more ranges than there are bytes for, and none from a list that
// contradicts itself.
#include "base/assert.h"
#include "scsi/unmap.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  size_t count = 0;
  scsi::UnmapRange last;
  const bool good = scsi::for_each_unmap_range({data, size}, [&](const scsi::UnmapRange& range) {
    ++count;
    last = range;
  });
  BASE_ASSERT(good || count == 0);
  BASE_ASSERT(count * scsi::kUnmapRangeBytes <= size);
  if (count != 0) {
    std::array<uint8_t, 24> bytes{};
    BASE_ASSERT(scsi::encode_unmap(bytes, last) == bytes.size());
    BASE_ASSERT(scsi::for_each_unmap_range(bytes, [&](const scsi::UnmapRange& range) {
      BASE_ASSERT(range.lba == last.lba && range.blocks == last.blocks);
    }));
  }
  return 0;
}
