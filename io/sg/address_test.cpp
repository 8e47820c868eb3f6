// Which texts name an sg node.
#include "io/sg/address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace io::sg {
namespace {

using ::testing::HasSubstr;

TEST(SgAddress, IsTheSchemeAndAnAbsolutePath) {
  EXPECT_EQ(parse_address("sg:/dev/sg3").node, "/dev/sg3");
  EXPECT_EQ(parse_address("sg:/dev/disk/by-port/left").node, "/dev/disk/by-port/left");
  EXPECT_EQ(parse_address("sg:/dev/sg3").error, "");
}

TEST(SgAddress, SaysWhatIsMissing) {
  EXPECT_THAT(parse_address("/dev/sg3").error, HasSubstr("write sg:/dev/sgN"));
  EXPECT_THAT(parse_address("sg:").error, HasSubstr("absolute path of the node is missing"));
  EXPECT_THAT(parse_address("sg:sg3").error, HasSubstr("absolute path of the node is missing"));
  EXPECT_THAT(parse_address("sg:/dev/sg 3").error, HasSubstr("blanks"));
  EXPECT_THAT(parse_address("sg:/dev/sg\x01").error, HasSubstr("control characters"));
  EXPECT_THAT(parse_address("sg:/" + std::string(5000, 'x')).error, HasSubstr("longer"));
  EXPECT_EQ(parse_address("sg:/" + std::string(5000, 'x')).node, "");
}

}  // namespace
}  // namespace io::sg
