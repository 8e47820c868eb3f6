// LUN addressing and REPORT LUNS.
#include "scsi/luns.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "scsi/guarded_bytes.h"

namespace scsi {
namespace {

TEST(Lun, KnownAnswers) {
  EXPECT_EQ(encode_lun(0), 0u);
  EXPECT_EQ(encode_lun(255), 0x00ff000000000000u);
  EXPECT_EQ(encode_lun(256), 0x4100000000000000u);
  EXPECT_EQ(encode_lun(16383), 0x7fff000000000000u);
  EXPECT_EQ(decode_lun(0x0001000000000000), 1u);
  EXPECT_EQ(decode_lun(0x4001000000000000), 1u) << "flat space may be used for small numbers too";
  EXPECT_EQ(decode_lun(0xd200123400000000), 0x1234u);
}

TEST(Lun, RoundTripOfAll) {
  for (uint32_t lun = 0; lun < 16384; ++lun) {
    ASSERT_EQ(decode_lun(encode_lun(lun)), lun);
  }
}

TEST(Lun, RefusesWhatIsNotOneLevel) {
  EXPECT_FALSE(decode_lun(0x0101000000000000)) << "bus 1";
  EXPECT_FALSE(decode_lun(0x0001000100000000)) << "a second level";
  EXPECT_FALSE(decode_lun(0x4001000000000001));
  EXPECT_FALSE(decode_lun(0x8001000000000000)) << "logical unit addressing";
  EXPECT_FALSE(decode_lun(0xc101000000000000)) << "REPORT LUNS well-known unit";
  EXPECT_FALSE(decode_lun(0xd200123400000001));
  EXPECT_FALSE(decode_lun(0xe200123400000000));
  EXPECT_FALSE(decode_lun(UINT64_MAX));
}

TEST(ReportLuns, RoundTripAndTruncations) {
  const std::array<uint32_t, 4> luns{0, 1, 255, 300};
  std::array<uint8_t, 40> raw{};
  ASSERT_EQ(encode_report_luns(raw, luns), 40u);
  EXPECT_EQ(base::load_be32(raw.data()), 32u);
  std::vector<uint32_t> got;
  EXPECT_TRUE(for_each_reported_lun(
      raw, [&](uint64_t lun) { got.push_back(decode_lun(lun).value_or(99999)); }));
  EXPECT_EQ(got, std::vector<uint32_t>(luns.begin(), luns.end()));
  for_each_truncation(raw, [](base::Bytes prefix) {
    size_t count = 0;
    EXPECT_FALSE(for_each_reported_lun(prefix, [&](uint64_t) { ++count; }));
    EXPECT_EQ(count, prefix.size() < 8 ? 0 : (prefix.size() - 8) / 8);
  });
}

TEST(ReportLuns, LiesAboutLength) {
  std::array<uint8_t, 24> raw{0xff, 0xff, 0xff, 0xf8};
  size_t count = 0;
  EXPECT_FALSE(for_each_reported_lun(raw, [&](uint64_t) { ++count; }));
  EXPECT_EQ(count, 2u);
  raw = {0, 0, 0, 8};
  count = 0;
  EXPECT_TRUE(for_each_reported_lun(raw, [&](uint64_t) { ++count; }));
  EXPECT_EQ(count, 1u) << "what follows the list is not part of it";
}

TEST(ReportLuns, EncoderStaysInShortBuffers) {
  const std::array<uint32_t, 2> luns{0, 1};
  for_each_buffer(
      30, [&](base::MutableBytes buffer) { EXPECT_EQ(encode_report_luns(buffer, luns), 24u); });
}

}  // namespace
}  // namespace scsi
