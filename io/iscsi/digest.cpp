// See digest.h.
#include "io/iscsi/digest.h"

#include <isa-l/crc.h>

#include <algorithm>

namespace io::iscsi {

void Crc32c::add(base::Bytes bytes) {
  // The library takes the length as an int, and does not change what it reads.
  constexpr size_t kPiece = size_t{1} << 30;
  while (!bytes.empty()) {
    const base::Bytes piece = bytes.first(std::min(bytes.size(), kPiece));
    state_ =
        crc32_iscsi(const_cast<uint8_t*>(piece.data()), static_cast<int>(piece.size()), state_);
    bytes = bytes.subspan(piece.size());
  }
}

std::array<uint8_t, kDigestBytes> digest_bytes(uint32_t crc) {
  return {static_cast<uint8_t>(crc), static_cast<uint8_t>(crc >> 8),
          static_cast<uint8_t>(crc >> 16), static_cast<uint8_t>(crc >> 24)};
}

bool is_digest(base::Bytes wire, uint32_t crc) {
  const auto bytes = digest_bytes(crc);
  return std::equal(wire.begin(), wire.end(), bytes.begin(), bytes.end());
}

}  // namespace io::iscsi
