// CRC32C against the examples of RFC 7143 appendix A.4 (RFC 3720 B.4), whole and in pieces.
#include "io/iscsi/digest.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace io::iscsi {
namespace {

using Wire = std::array<uint8_t, kDigestBytes>;

Wire digest_of(const std::vector<uint8_t>& bytes) {
  Crc32c crc;
  crc.add(bytes);
  return digest_bytes(crc.value());
}

TEST(Digest, ExamplesOfTheStandard) {
  EXPECT_EQ(digest_of(std::vector<uint8_t>(32, 0)), (Wire{0xaa, 0x36, 0x91, 0x8a}));
  EXPECT_EQ(digest_of(std::vector<uint8_t>(32, 0xff)), (Wire{0x43, 0xab, 0xa8, 0x62}));
  std::vector<uint8_t> counting(32);
  std::iota(counting.begin(), counting.end(), uint8_t{0});
  EXPECT_EQ(digest_of(counting), (Wire{0x4e, 0x79, 0xdd, 0x46}));
  EXPECT_EQ(digest_of({counting.rbegin(), counting.rend()}), (Wire{0x5c, 0xdb, 0x3f, 0x11}));
  // A SCSI READ(10) command PDU.
  EXPECT_EQ(digest_of({0x01, 0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                       0x00, 0x00, 0x00, 0x00, 0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 0x00,
                       0x00, 0x00, 0x00, 0x14, 0x00, 0x00, 0x00, 0x18, 0x28, 0x00, 0x00, 0x00,
                       0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00}),
            (Wire{0x56, 0x3a, 0x96, 0xd9}));
}

TEST(Digest, PiecesMakeTheWhole) {
  std::vector<uint8_t> bytes(1000);
  for (size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<uint8_t>(i * 7 + (i >> 8));
  }
  for (const size_t cut : {size_t{0}, size_t{1}, size_t{499}, size_t{999}, size_t{1000}}) {
    Crc32c crc;
    crc.add(base::Bytes(bytes).first(cut));
    crc.add(base::Bytes(bytes).subspan(cut));
    EXPECT_EQ(digest_bytes(crc.value()), digest_of(bytes)) << cut;
    EXPECT_TRUE(is_digest(digest_of(bytes), crc.value()));
  }
  EXPECT_FALSE(is_digest(Wire{}, 1));
  EXPECT_FALSE(is_digest({}, 0));
}

}  // namespace
}  // namespace io::iscsi
