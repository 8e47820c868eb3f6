// Sizes and durations as text.
#include "cli/size_text.h"

#include <gtest/gtest.h>

namespace cli {
namespace {

TEST(SizeText, ReadsWhatOtherToolsRead) {
  EXPECT_EQ(parse_size_bytes("0"), 0u);
  EXPECT_EQ(parse_size_bytes("4096"), 4096u);
  EXPECT_EQ(parse_size_bytes("256M"), 256u << 20);
  EXPECT_EQ(parse_size_bytes("256m"), 256u << 20);
  EXPECT_EQ(parse_size_bytes("1GiB"), 1u << 30);
  EXPECT_EQ(parse_size_bytes("8E"), std::nullopt);
}

TEST(SizeText, RefusesEverythingElse) {
  for (const char* bad : {"", "M", "-1", "1.5G", "12 M", "1Mx", "0x10", "99999999999999999999",
                          "9223372036854775808", "8388608T", "16384P"}) {
    EXPECT_EQ(parse_size_bytes(bad), std::nullopt) << bad;
  }
  EXPECT_EQ(parse_size_bytes("9223372036854775807"), 9223372036854775807u);
}

TEST(SizeText, Prints) {
  EXPECT_EQ(format_size(512), "512 B");
  EXPECT_EQ(format_size(256u << 20), "256 MiB");
  EXPECT_EQ(format_size((3u << 30) / 2), "1.50 GiB");
  EXPECT_EQ(format_duration_ns(850'000), "850 us");
  EXPECT_EQ(format_duration_ns(12'300'000), "12.3 ms");
  EXPECT_EQ(format_duration_ns(1'840'000'000), "1.84 s");
}

}  // namespace
}  // namespace cli
