// Which answers cast doubt on what a path leads to.
#include "mpio/attention.h"

#include <gtest/gtest.h>

#include <array>

#include "scsi/opcodes.h"

namespace mpio {
namespace {

constexpr uint8_t kFixed = 0x70;
constexpr uint8_t kDeferred = 0x71;

std::array<uint8_t, 18> sense(uint8_t key, uint16_t code, uint8_t response = kFixed) {
  std::array<uint8_t, 18> bytes{};
  bytes[0] = response;
  bytes[2] = key;
  bytes[7] = 10;
  bytes[12] = static_cast<uint8_t>(code >> 8);
  bytes[13] = static_cast<uint8_t>(code);
  return bytes;
}

TEST(Attention, OfSizeAndOfIdentity) {
  EXPECT_EQ(attention_of(scsi::kCheckCondition, sense(6, 0x2a09)), Attention::capacity);
  for (const uint16_t code : {uint16_t{0x3f03}, uint16_t{0x3f05}, uint16_t{0x3f0e}}) {
    EXPECT_EQ(attention_of(scsi::kCheckCondition, sense(6, code)), Attention::identity);
  }
}

TEST(Attention, OfWriteProtection) {
  EXPECT_EQ(attention_of(scsi::kCheckCondition, sense(6, 0x2a00)), Attention::mode);
  EXPECT_EQ(attention_of(scsi::kCheckCondition, sense(6, 0x2a01)), Attention::mode);
  EXPECT_EQ(attention_of(scsi::kCheckCondition, sense(7, 0x2700)), Attention::write_refused);
  EXPECT_EQ(attention_of(scsi::kCheckCondition, sense(7, 0x2706)), Attention::write_refused);
  EXPECT_EQ(attention_of(scsi::kCheckCondition, sense(7, 0x2707)), Attention::none) << "no space";
  EXPECT_EQ(attention_of(scsi::kCheckCondition, sense(7, 0x2701, kDeferred)), Attention::none);
}

TEST(Attention, EverythingElseCastsNoDoubt) {
  EXPECT_EQ(attention_of(scsi::kCheckCondition, sense(6, 0x2900)), Attention::none);
  EXPECT_EQ(attention_of(scsi::kCheckCondition, sense(6, 0x2a06)), Attention::none);
  EXPECT_EQ(attention_of(scsi::kCheckCondition, sense(5, 0x3f03)), Attention::none);
  EXPECT_EQ(attention_of(scsi::kCheckCondition, sense(6, 0x3f03, kDeferred)), Attention::none);
  EXPECT_EQ(attention_of(scsi::kGood, sense(6, 0x3f03)), Attention::none);
  EXPECT_EQ(attention_of(scsi::kCheckCondition, {}), Attention::none);
}

}  // namespace
}  // namespace mpio
