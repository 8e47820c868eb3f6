// What the two REPORT SUPPORTED commands answer, byte by byte.
#include "scsi/supported_commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "scsi/guarded_bytes.h"

namespace scsi {
namespace {

using Raw = std::vector<uint8_t>;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

constexpr std::array<uint8_t, 6> kTurUsage = {0x00, 0, 0, 0, 0, 0x04};
constexpr std::array<uint8_t, 12> kRtpgUsage = {0xa3, 0xea, 0,    0,    0, 0,
                                                0xff, 0xff, 0xff, 0xff, 0, 0};
constexpr std::array<SupportedCommand, 2> kTwo = {
    {{0x00, false, 0, kTurUsage}, {0xa3, true, 0x0a, kRtpgUsage}}};

TEST(SupportedCommands, All) {
  Raw out(20);
  EXPECT_EQ(encode_all_commands(out, kTwo, false), 20u);
  EXPECT_THAT(out, ElementsAre(0, 0, 0, 16,                //
                               0x00, 0, 0, 0, 0, 0, 0, 6,  //
                               0xa3, 0, 0, 0x0a, 0, 1, 0, 12));
}

TEST(SupportedCommands, AllWithTimeouts) {
  Raw out(44);
  EXPECT_EQ(encode_all_commands(out, kTwo, true), 44u);
  EXPECT_EQ(out[3], 40);
  EXPECT_EQ(out[4 + 5], 0x02) << "CTDP";
  EXPECT_EQ(out[4 + 9], 10) << "length of the timeouts descriptor";
  EXPECT_EQ(out[24], 0xa3);
  EXPECT_EQ(out[24 + 5], 0x03) << "CTDP, SERVACTV";
}

TEST(SupportedCommands, One) {
  Raw out(16);
  EXPECT_EQ(encode_one_command(out, &kTwo[1], false), 16u);
  EXPECT_THAT(base::Bytes(out).first(4), ElementsAre(0, 3, 0, 12));
  EXPECT_THAT(base::Bytes(out).subspan(4), ElementsAreArray(kRtpgUsage));
  Raw timed(28);
  EXPECT_EQ(encode_one_command(timed, &kTwo[1], true), 28u);
  EXPECT_EQ(timed[1], 0x83);
  EXPECT_EQ(timed[17], 10);
  Raw none(4, 0xee);
  EXPECT_EQ(encode_one_command(none, nullptr, true), 4u);
  EXPECT_THAT(none, ElementsAre(0, 1, 0, 0));
}

TEST(SupportedCommands, Functions) {
  const SupportedFunctions functions{.abort_task = true,
                                     .abort_task_set = true,
                                     .clear_task_set = true,
                                     .logical_unit_reset = true,
                                     .target_reset = true};
  Raw out(4);
  EXPECT_EQ(encode_supported_functions(out, functions, false), 4u);
  EXPECT_THAT(out, ElementsAre(0xda, 0, 0, 0));
  Raw extended(16);
  EXPECT_EQ(encode_supported_functions(extended, functions, true), 16u);
  EXPECT_EQ(extended[0], 0xda);
  EXPECT_EQ(extended[3], 12);
}

TEST(SupportedCommands, ShortBuffersTakeWhatFits) {
  for_each_buffer(50, [](base::MutableBytes out) {
    EXPECT_EQ(encode_all_commands(out, kTwo, true), 44u);
    EXPECT_EQ(encode_one_command(out, kTwo.data(), true), 22u);
    EXPECT_EQ(encode_supported_functions(out, {}, true), 16u);
  });
}

}  // namespace
}  // namespace scsi
