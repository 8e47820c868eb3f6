// Header and data digests: CRC32C. RFC 7143 11.2.3, 13.1; the calculation itself is the ISA-L
// library's.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"

namespace io::iscsi {

inline constexpr size_t kDigestBytes = 4;

// What a connection has agreed on.
struct Digests {
  bool header = false;
  bool data = false;
};

// The digest of bytes that come in pieces.
class Crc32c {
 public:
  void add(base::Bytes bytes);
  uint32_t value() const { return ~state_; }

 private:
  uint32_t state_ = 0xffffffff;
};

// In the order of the wire: least significant byte first.
std::array<uint8_t, kDigestBytes> digest_bytes(uint32_t crc);
bool is_digest(base::Bytes wire, uint32_t crc);

}  // namespace io::iscsi
