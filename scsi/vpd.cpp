// See vpd.h.
#include "scsi/vpd.h"

#include <array>

namespace scsi {

std::optional<base::Bytes> vpd_payload(base::Bytes page, uint8_t code) {
  if (page.size() < 4 || page[1] != code) {
    return std::nullopt;
  }
  return base::slice(page, 4, base::load_be16(&page[2]));
}

size_t encode_vpd(base::MutableBytes out, uint8_t code, base::Bytes payload) {
  base::ByteWriter writer(out);
  writer.u8(0);
  writer.u8(code);
  writer.be16(static_cast<uint16_t>(payload.size()));
  writer.bytes(payload);
  return writer.needed();
}

size_t encode_extended_inquiry(base::MutableBytes out, bool volatile_cache) {
  std::array<uint8_t, 60> p{};
  p[1] = 0x07;  // HEADSUP, ORDSUP, SIMPSUP
  p[2] = volatile_cache ? 0x01 : 0;
  return encode_vpd(out, kVpdExtendedInquiry, p);
}

std::optional<BlockLimits> decode_block_limits(base::Bytes page) {
  const auto payload = vpd_payload(page, kVpdBlockLimits);
  if (!payload || payload->size() < 12) {
    return std::nullopt;
  }
  const base::Bytes p = *payload;
  BlockLimits limits;
  limits.max_compare_and_write_blocks = p[1];
  limits.optimal_granularity_blocks = base::load_be16(&p[2]);
  limits.max_transfer_blocks = base::load_be32(&p[4]);
  limits.optimal_transfer_blocks = base::load_be32(&p[8]);
  if (p.size() >= 28) {
    limits.max_unmap_blocks = base::load_be32(&p[16]);
    limits.max_unmap_descriptors = base::load_be32(&p[20]);
    limits.unmap_granularity_blocks = base::load_be32(&p[24]);
  }
  if (p.size() >= 40) {
    limits.max_write_same_blocks = base::load_be64(&p[32]);
  }
  return limits;
}

size_t encode_block_limits(base::MutableBytes out, const BlockLimits& limits) {
  std::array<uint8_t, 60> p{};
  p[0] = 1;  // WSNZ: WRITE SAME of zero blocks (to the end) is not supported
  p[1] = limits.max_compare_and_write_blocks;
  base::store_be16(&p[2], limits.optimal_granularity_blocks);
  base::store_be32(&p[4], limits.max_transfer_blocks);
  base::store_be32(&p[8], limits.optimal_transfer_blocks);
  base::store_be32(&p[16], limits.max_unmap_blocks);
  base::store_be32(&p[20], limits.max_unmap_descriptors);
  base::store_be32(&p[24], limits.unmap_granularity_blocks);
  base::store_be64(&p[32], limits.max_write_same_blocks);
  return encode_vpd(out, kVpdBlockLimits, p);
}

std::optional<Provisioning> decode_provisioning(base::Bytes page) {
  const auto payload = vpd_payload(page, kVpdProvisioning);
  if (!payload || payload->size() < 3) {
    return std::nullopt;
  }
  const base::Bytes p = *payload;
  Provisioning provisioning;
  provisioning.threshold_exponent = p[0];
  provisioning.unmap = (p[1] & 0x80) != 0;
  provisioning.write_same16_unmap = (p[1] & 0x40) != 0;
  provisioning.write_same10_unmap = (p[1] & 0x20) != 0;
  provisioning.read_zeros = (p[1] >> 2) & 7;
  provisioning.type = p[2] & 7;
  return provisioning;
}

size_t encode_provisioning(base::MutableBytes out, const Provisioning& provisioning) {
  std::array<uint8_t, 4> p{};
  p[0] = provisioning.threshold_exponent;
  p[1] = static_cast<uint8_t>(
      (provisioning.unmap ? 0x80 : 0) | (provisioning.write_same16_unmap ? 0x40 : 0) |
      (provisioning.write_same10_unmap ? 0x20 : 0) | ((provisioning.read_zeros & 7) << 2));
  p[2] = provisioning.type & 7;
  return encode_vpd(out, kVpdProvisioning, p);
}

}  // namespace scsi
