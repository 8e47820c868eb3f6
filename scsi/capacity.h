// READ CAPACITY data. SBC-3 5.15, 5.16.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace scsi {

struct Capacity {
  uint64_t last_lba = 0;
  uint32_t block_bytes = 0;
  uint8_t physical_exponent = 0;  // physical block = logical blocks << exponent
  uint16_t lowest_aligned_lba = 0;
  bool thin = false;        // LBPME: UNMAP and friends mean something
  bool read_zeros = false;  // LBPRZ
  bool protection = false;  // PROT_EN
};

// READ CAPACITY(10): last_lba FFFFFFFFh means "ask with (16)". Empty on short data, or a block size
// that is no power of two from 512 to 65536: nothing safe can be done with such a disk.
std::optional<Capacity> decode_capacity10(base::Bytes bytes);
std::optional<Capacity> decode_capacity16(base::Bytes bytes);
// Both return the full length (8, 32) and write what fits.
size_t encode_capacity10(base::MutableBytes out, const Capacity& capacity);
size_t encode_capacity16(base::MutableBytes out, const Capacity& capacity);

}  // namespace scsi
