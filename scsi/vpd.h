// Vital product data pages 00h (supported pages), 80h (serial number), 86h (extended INQUIRY), B0h
// (block limits), B1h (characteristics) and B2h (logical block provisioning). SPC-4 7.8, SBC-3 6.5.
// Page 83h has a file of its own: designator.h.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace scsi {

inline constexpr uint8_t kVpdSupportedPages = 0x00;
inline constexpr uint8_t kVpdSerialNumber = 0x80;
inline constexpr uint8_t kVpdDeviceIdentification = 0x83;
inline constexpr uint8_t kVpdExtendedInquiry = 0x86;
inline constexpr uint8_t kVpdBlockLimits = 0xb0;
inline constexpr uint8_t kVpdCharacteristics = 0xb1;
inline constexpr uint8_t kVpdProvisioning = 0xb2;

// The payload of page `code`: what follows the 4 header bytes, as long as the header says and the
// buffer holds. Empty optional when the header is cut, or of another page.
std::optional<base::Bytes> vpd_payload(base::Bytes page, uint8_t code);
// Header and payload; returns the full length, writes what fits.
size_t encode_vpd(base::MutableBytes out, uint8_t code, base::Bytes payload);

// The whole of page 86h for a unit that takes SIMPLE, ORDERED and HEAD OF QUEUE tasks and keeps no
// protection information. `volatile_cache`: V_SUP, a write may be in a cache that forgets.
size_t encode_extended_inquiry(base::MutableBytes out, bool volatile_cache);

// All sizes in logical blocks; 0 means "not reported".
struct BlockLimits {
  uint16_t optimal_granularity_blocks = 0;
  uint32_t max_transfer_blocks = 0;
  uint32_t optimal_transfer_blocks = 0;
  uint32_t max_unmap_blocks = 0;
  uint32_t max_unmap_descriptors = 0;
  uint32_t unmap_granularity_blocks = 0;
  uint64_t max_write_same_blocks = 0;
  uint8_t max_compare_and_write_blocks = 0;
};
// Fields that a short (older) page lacks stay 0. Empty when even the transfer lengths are missing.
std::optional<BlockLimits> decode_block_limits(base::Bytes page);
size_t encode_block_limits(base::MutableBytes out, const BlockLimits& limits);

struct Provisioning {
  bool unmap = false;               // LBPU
  bool write_same16_unmap = false;  // LBPWS
  bool write_same10_unmap = false;  // LBPWS10
  uint8_t read_zeros = 0;           // LBPRZ
  uint8_t type = 0;                 // 1 resource, 2 thin
  uint8_t threshold_exponent = 0;
};
std::optional<Provisioning> decode_provisioning(base::Bytes page);
size_t encode_provisioning(base::MutableBytes out, const Provisioning& provisioning);

}  // namespace scsi
