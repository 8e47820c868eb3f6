// Logical unit numbers as 8 bytes, and REPORT LUNS data. SAM-5 4.7, SPC-4 6.32.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"

namespace scsi {

// A single-level LUN below 16384 as its 8 bytes: peripheral addressing below 256, flat space above.
uint64_t encode_lun(uint32_t lun);
// Peripheral (bus 0), flat space and extended flat space; empty for anything of several levels.
std::optional<uint32_t> decode_lun(uint64_t raw);

// Returns the full length, writes what fits.
size_t encode_report_luns(base::MutableBytes out, std::span<const uint32_t> luns);
// Calls visit(raw) for each whole entry; false when the list is shorter than it claims.
template <typename F>
bool for_each_reported_lun(base::Bytes bytes, F&& visit) {
  if (bytes.size() < 8) {
    return false;
  }
  const size_t claimed = base::load_be32(bytes.data());
  const base::Bytes list = base::slice(bytes, 8, claimed);
  for (size_t at = 0; at + 8 <= list.size(); at += 8) {
    visit(base::load_be64(&list[at]));
  }
  return list.size() == claimed;
}

}  // namespace scsi
