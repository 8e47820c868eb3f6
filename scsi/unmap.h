// The UNMAP parameter list. SBC-3 5.28.2.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace scsi {

struct UnmapRange {
  uint64_t lba = 0;
  uint32_t blocks = 0;
};
inline constexpr size_t kUnmapHeaderBytes = 8;
inline constexpr size_t kUnmapRangeBytes = 16;

// Calls visit(UnmapRange) for each whole descriptor; an incomplete last one is ignored, as SBC-3
// wants. False, before any call, when the list contradicts its own lengths.
template <typename F>
bool for_each_unmap_range(base::Bytes list, F&& visit) {
  if (list.size() < kUnmapHeaderBytes) {
    return false;
  }
  const size_t data_bytes = base::load_be16(list.data());
  const size_t ranges_bytes = base::load_be16(&list[2]);
  if (data_bytes + 2 > list.size() || ranges_bytes + 6 > data_bytes) {
    return false;
  }
  for (size_t at = kUnmapHeaderBytes; at + kUnmapRangeBytes <= kUnmapHeaderBytes + ranges_bytes;
       at += kUnmapRangeBytes) {
    visit(UnmapRange{base::load_be64(&list[at]), base::load_be32(&list[at + 8])});
  }
  return true;
}

// One range: 24 bytes. Returns that, writes what fits.
inline size_t encode_unmap(base::MutableBytes out, const UnmapRange& range) {
  base::ByteWriter writer(out);
  writer.be16(6 + kUnmapRangeBytes);
  writer.be16(kUnmapRangeBytes);
  writer.be32(0);
  writer.be64(range.lba);
  writer.be32(range.blocks);
  writer.be32(0);
  return writer.needed();
}

}  // namespace scsi
