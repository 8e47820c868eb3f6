// What the kernel's words about an ended command mean, and that it may say anything.
#include "io/sg/answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scsi/opcodes.h"

namespace io::sg {
namespace {

using ::testing::HasSubstr;

sg_io_hdr ended(uint16_t host, uint16_t driver, uint8_t status) {
  sg_io_hdr header{};
  header.host_status = host;
  header.driver_status = driver;
  header.status = status;
  return header;
}

TEST(SgAnswer, IsOneWhereTheTargetHasSpoken) {
  EXPECT_TRUE(answered(ended(0, 0, 0)));
  EXPECT_TRUE(answered(ended(0, 8, 2))) << "DRIVER_SENSE";
  EXPECT_TRUE(answered(ended(0, 0x28, 2))) << "with the advice of older kernels";
  EXPECT_TRUE(answered(ended(0x11, 0, 0x18))) << "DID_NEXUS_FAILURE: a reservation conflict";
  EXPECT_TRUE(answered(ended(0x13, 8, 2))) << "DID_MEDIUM_ERROR";
}

TEST(SgAnswer, IsNoneWhereTheKernelGaveUp) {
  for (const uint16_t host : std::to_array<uint16_t>({1, 2, 3, 5, 7, 8, 0xb, 0xe, 0xf, 0x77})) {
    EXPECT_FALSE(answered(ended(host, 0, 0))) << host;
    EXPECT_FALSE(reason_of(ended(host, 0, 0)).empty());
  }
  EXPECT_FALSE(answered(ended(0, 6, 0))) << "DRIVER_TIMEOUT of older kernels";
  EXPECT_THAT(reason_of(ended(0, 6, 0)), HasSubstr("driver status 6"));
  EXPECT_THAT(reason_of(ended(1, 0, 0)), HasSubstr("DID_NO_CONNECT"));
  EXPECT_THAT(reason_of(ended(0x77, 0, 0)), HasSubstr("host status 119"));
}

class SgTakeAnswer : public ::testing::Test {
 protected:
  mpio::TransportCommand& taken(sg_io_hdr header) {
    command.length_bytes = 4096;
    take_answer(header, sense, command);
    EXPECT_EQ(command.delivery, mpio::Delivery::delivered);
    return command;
  }
  std::array<uint8_t, 18> sense{0x70, 0, 6, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x29};
  mpio::TransportCommand command;
};

TEST_F(SgTakeAnswer, BringsStatusSenseAndResidual) {
  sg_io_hdr header = ended(0, 8, scsi::kCheckCondition);
  header.sb_len_wr = 18;
  header.resid = 96;
  EXPECT_EQ(taken(header).scsi_status, scsi::kCheckCondition);
  EXPECT_EQ(command.sense_bytes, 18);
  EXPECT_EQ(command.sense[12], 0x29);
  EXPECT_EQ(command.residual_bytes, 96U);
  EXPECT_FALSE(command.overflow);
}

TEST_F(SgTakeAnswer, BelievesNoImpossibleNumbers) {
  sg_io_hdr header = ended(0, 8, scsi::kCheckCondition);
  header.sb_len_wr = 255;  // more than there was room for
  header.mx_sb_len = 255;
  header.resid = 1'000'000;  // more than was to move
  EXPECT_EQ(taken(header).sense_bytes, sense.size());
  EXPECT_EQ(command.residual_bytes, 4096U);
  header.resid = -1;
  EXPECT_TRUE(taken(header).overflow);
  EXPECT_EQ(command.residual_bytes, 0U);
}

}  // namespace
}  // namespace io::sg
