// What makes two nexuses the same LUN: the designator's type, its code set and its bytes, all
// three. Getting this wrong merges two disks (data loss) or splits one, so only designators
// associated with the logical unit count; a target's or a port's name never does.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "dsm/limits.h"

namespace dsm {

// `type` and `code_set` are those of SPC-4 7.8.6. kSerialIdentity marks the fall-back vendor +
// product + serial number.
inline constexpr uint8_t kSerialIdentity = 0x80;

struct Identity {
  uint8_t type = 0;
  uint8_t code_set = 0;
  uint16_t size = 0;  // 0: no identity
  std::array<uint8_t, kMaxIdentityBytes> bytes{};

  bool valid() const { return size != 0; }
  base::Bytes span() const { return {bytes.data(), size}; }
  uint32_t hash() const;
};
bool operator==(const Identity& a, const Identity& b);

// Chooses among the designators of a VPD page 83h (header included): SCSI name, NAA, EUI-64, T10
// vendor, vendor specific, in this order; within a type the longer, and for NAA the globally unique
// formats (2, 5, 6) before the locally assigned (3). Within equal rank the first. `out` is invalid
// when the page has none for the logical unit. `locally_assigned` tells that the best is an NAA-3,
// which other targets may use for other LUNs.
struct IdentityChoice {
  bool found = false;
  bool locally_assigned = false;
};
IdentityChoice choose_identity(base::Bytes vpd83, Identity& out);

// Vendor (8), product (16) and the serial number of page 80h. False, and `out` invalid, when the
// serial number is missing or blank.
bool serial_identity(base::Bytes inquiry, base::Bytes vpd80, Identity& out);

}  // namespace dsm
