// See lba_status.h.
#include "scsi/lba_status.h"

namespace scsi {
namespace {

constexpr uint8_t kMapped = 0;
constexpr uint8_t kDeallocated = 1;

}  // namespace

size_t encode_lba_status(base::MutableBytes out, std::span<const LbaStatus> ranges) {
  base::ByteWriter writer(out);
  writer.be32(static_cast<uint32_t>(kLbaStatusHeaderBytes - 4 + ranges.size() * kLbaStatusBytes));
  writer.zeros(4);
  for (const LbaStatus& range : ranges) {
    writer.be64(range.lba);
    writer.be32(range.blocks);
    writer.u8(range.mapped ? kMapped : kDeallocated);
    writer.zeros(3);
  }
  return writer.needed();
}

}  // namespace scsi
