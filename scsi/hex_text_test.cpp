// Pasted hex: what is accepted, and where errors point.
#include "scsi/hex_text.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "base/prng.h"
#include "scsi/guarded_bytes.h"

namespace scsi {
namespace {

std::vector<uint8_t> parse(std::string_view text) {
  std::vector<uint8_t> out(256);
  const HexTextResult result = parse_hex_text(text, out);
  EXPECT_EQ(result.error, nullptr) << result.error << " at " << result.line << ":" << result.column;
  out.resize(result.bytes);
  return out;
}

void expect_error(std::string_view text, unsigned line, unsigned column) {
  std::array<uint8_t, 4> out{};
  const HexTextResult result = parse_hex_text(text, out);
  ASSERT_NE(result.error, nullptr) << text;
  EXPECT_EQ(result.line, line) << text;
  EXPECT_EQ(result.column, column) << text;
}

using Raw = std::vector<uint8_t>;

TEST(HexText, Forms) {
  EXPECT_EQ(parse("00 83 0c"), (Raw{0x00, 0x83, 0x0c}));
  EXPECT_EQ(parse("0x00,0X83, 0xC"), (Raw{0x00, 0x83, 0x0c}));
  EXPECT_EQ(parse("0 1 f"), (Raw{0, 1, 15}));
  EXPECT_EQ(parse("0083000C"), (Raw{0x00, 0x83, 0x00, 0x0c}));
  EXPECT_EQ(parse("# page 83\n00 83\t# header ff\r\n 00 04\n"), (Raw{0x00, 0x83, 0x00, 0x04}));
  EXPECT_EQ(parse("aa#comment"), (Raw{0xaa}));
}

TEST(HexText, ErrorsPointAtThePlace) {
  expect_error("", 1, 1);
  expect_error("# nothing but a comment", 1, 24);
  expect_error("00 zz", 1, 4);
  expect_error("00 11\n22 3g", 2, 5);
  expect_error("00\n\n  abc", 3, 3);
  expect_error("0x", 1, 3);
  expect_error("0x 11", 1, 3);
  expect_error("1-2", 1, 2);
  expect_error("00 01 02 03 04", 1, 13);
}

TEST(HexText, AFullBufferIsNoError) {
  std::array<uint8_t, 4> out{};
  EXPECT_EQ(parse_hex_text("00 01 02 03 # done", out).error, nullptr);
  EXPECT_NE(parse_hex_text("00", {}).error, nullptr);
}

TEST(HexText, RoundTripsAndTruncations) {
  base::Prng prng(3);
  for (int round = 0; round < 200; ++round) {
    Raw bytes(prng.between(1, 40));
    std::string text;
    for (uint8_t& byte : bytes) {
      byte = static_cast<uint8_t>(prng.next());
      constexpr std::string_view kDigits = "0123456789abcdef";
      text += prng.chance(1, 4) ? "0x" : "";
      text += kDigits[byte >> 4];
      text += kDigits[byte & 15];
      text += prng.chance(1, 5) ? "\n" : prng.chance(1, 5) ? ", " : " ";
    }
    EXPECT_EQ(parse(text), bytes);
    const base::Bytes raw(reinterpret_cast<const uint8_t*>(text.data()), text.size());
    for_each_truncation(raw, [](base::Bytes prefix) {
      std::array<uint8_t, 64> out{};
      const HexTextResult result =
          parse_hex_text({reinterpret_cast<const char*>(prefix.data()), prefix.size()}, out);
      EXPECT_LE(result.bytes, prefix.size());
    });
  }
}

TEST(HexText, AnyByteIsSafe) {
  for (unsigned value = 0; value < 256; ++value) {
    const std::string text = std::string("a") + static_cast<char>(value);
    std::array<uint8_t, 4> out{};
    const HexTextResult result = parse_hex_text(text, out);
    EXPECT_TRUE(result.error != nullptr || result.bytes == 1) << value;
  }
}

}  // namespace
}  // namespace scsi
