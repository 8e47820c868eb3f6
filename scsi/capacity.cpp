// See capacity.h.
#include "scsi/capacity.h"

namespace scsi {
namespace {

// A power of two; std::has_single_bit would call libgcc.
bool sane_block_size(uint32_t block_bytes) {
  return block_bytes >= 512 && block_bytes <= 65536 && (block_bytes & (block_bytes - 1)) == 0;
}

}  // namespace

std::optional<Capacity> decode_capacity10(base::Bytes bytes) {
  if (bytes.size() < 8 || !sane_block_size(base::load_be32(&bytes[4]))) {
    return std::nullopt;
  }
  Capacity capacity;
  capacity.last_lba = base::load_be32(bytes.data());
  capacity.block_bytes = base::load_be32(&bytes[4]);
  return capacity;
}

std::optional<Capacity> decode_capacity16(base::Bytes bytes) {
  if (bytes.size() < 12 || !sane_block_size(base::load_be32(&bytes[8]))) {
    return std::nullopt;
  }
  Capacity capacity;
  capacity.last_lba = base::load_be64(bytes.data());
  capacity.block_bytes = base::load_be32(&bytes[8]);
  // Larger media than 2^63 bytes cannot be addressed by anything above.
  if (capacity.last_lba >= (uint64_t{1} << 63) / capacity.block_bytes) {
    return std::nullopt;
  }
  if (bytes.size() >= 16) {
    capacity.protection = (bytes[12] & 0x01) != 0;
    capacity.physical_exponent = bytes[13] & 0x0f;
    capacity.thin = (bytes[14] & 0x80) != 0;
    capacity.read_zeros = (bytes[14] & 0x40) != 0;
    capacity.lowest_aligned_lba = base::load_be16(&bytes[14]) & 0x3fff;
  }
  return capacity;
}

size_t encode_capacity10(base::MutableBytes out, const Capacity& capacity) {
  base::ByteWriter writer(out);
  writer.be32(capacity.last_lba > UINT32_MAX ? UINT32_MAX
                                             : static_cast<uint32_t>(capacity.last_lba));
  writer.be32(capacity.block_bytes);
  return writer.needed();
}

size_t encode_capacity16(base::MutableBytes out, const Capacity& capacity) {
  base::ByteWriter writer(out);
  writer.be64(capacity.last_lba);
  writer.be32(capacity.block_bytes);
  writer.u8(capacity.protection ? 1 : 0);
  writer.u8(capacity.physical_exponent & 0x0f);
  writer.be16(static_cast<uint16_t>((capacity.thin ? 0x8000 : 0) |
                                    (capacity.read_zeros ? 0x4000 : 0) |
                                    (capacity.lowest_aligned_lba & 0x3fff)));
  writer.zeros(16);
  return writer.needed();
}

}  // namespace scsi
