// See luns.h.
#include "scsi/luns.h"

namespace scsi {

uint64_t encode_lun(uint32_t lun) {
  const uint64_t first = lun < 256 ? lun : (0x4000 | (lun & 0x3fff));
  return first << 48;
}

std::optional<uint32_t> decode_lun(uint64_t raw) {
  const auto first = static_cast<uint32_t>(raw >> 48);
  const bool single_level = (raw & 0x0000ffffffffffff) == 0;
  switch (first >> 14) {
    case 0:
      return single_level && first < 256 ? std::optional(first) : std::nullopt;
    case 1:
      return single_level ? std::optional(first & 0x3fff) : std::nullopt;
    case 3:
      // Extended flat space, length 1: 24 bits of LUN (SAM-5 4.7.7.5.2).
      if ((first >> 8) == 0xd2 && (raw & 0x00000000ffffffff) == 0) {
        return static_cast<uint32_t>((raw >> 32) & 0xffffff);
      }
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

size_t encode_report_luns(base::MutableBytes out, std::span<const uint32_t> luns) {
  base::ByteWriter writer(out);
  writer.be32(static_cast<uint32_t>(luns.size() * 8));
  writer.be32(0);
  for (const uint32_t lun : luns) {
    writer.be64(encode_lun(lun));
  }
  return writer.needed();
}

}  // namespace scsi
