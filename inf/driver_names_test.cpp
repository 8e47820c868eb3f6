#include "inf/driver_names.h"

#include <gtest/gtest.h>

namespace inf {
namespace {

TEST(DriverNames, ThatAreReservedAreFoundInWhateverCaseAndBetweenWhateverLetters) {
  EXPECT_EQ(reserved_name_in("msdsm"), "MSDSM");
  EXPECT_EQ(reserved_name_in("SystemsDSM"), "MSDSM");
  EXPECT_EQ(reserved_name_in("%12%\\regendsm2.sys"), "GENDSM");
  EXPECT_EQ(reserved_name_in("MsIscDsm"), "MSISCDSM");
  EXPECT_EQ(reserved_name_in("the SampleDSM"), "SAMPLEDSM");
  for (const char* const other : {"", "mydsm", "ms-dsm", "ms dsm", "MSDS", "ACME    ARRAY"}) {
    EXPECT_EQ(reserved_name_in(other), "") << other;
  }
}

TEST(DriverNames, VersionsAreFourNumbers) {
  for (const char* const good : {"0.0.0.0", "1.2.3.4", "65535.65535.65535.65535", "1.02.3.4"}) {
    EXPECT_TRUE(is_driver_version(good)) << good;
  }
  for (const char* const bad :
       {"", "1.2.3", "1.2.3.4.5", "1.2.3.", ".1.2.3", "1.2.3.65536", "1.2.3.-4", "1.2.3.a"}) {
    EXPECT_FALSE(is_driver_version(bad)) << bad;
  }
}

}  // namespace
}  // namespace inf
