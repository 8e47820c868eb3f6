#include "cli/driver_date.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace cli {
namespace {

class DateOfTheDriver : public testing::Test {
 protected:
  void SetUp() override { unsetenv("SOURCE_DATE_EPOCH"); }
  void TearDown() override { unsetenv("SOURCE_DATE_EPOCH"); }

  std::string of(const std::string& option) {
    error_.clear();
    DriverDate found;
    if (!driver_date(option, found, error_)) {
      return "refused";
    }
    EXPECT_EQ(found.is_given, !option.empty() || std::getenv("SOURCE_DATE_EPOCH") != nullptr);
    return inf::inf_date(found.date);
  }
  std::string error_;
};

TEST_F(DateOfTheDriver, IsTheOptionThenTheEnvironmentsThenToday) {
  const std::string today = of("");
  EXPECT_EQ(today.size(), 10U) << error_;
  setenv("SOURCE_DATE_EPOCH", "1709251199", 1);
  EXPECT_EQ(of(""), "02/29/2024");
  setenv("SOURCE_DATE_EPOCH", "1709251200", 1);
  EXPECT_EQ(of(""), "03/01/2024");
  EXPECT_EQ(of("2026-11-26"), "11/26/2026");
  EXPECT_EQ(of("1/2/2026"), "01/02/2026");
}

TEST_F(DateOfTheDriver, ThatIsNoneIsRefusedWithARemedy) {
  EXPECT_EQ(of("2026-02-29"), "refused");
  EXPECT_NE(error_.find("--date 2026-02-29: no day"), std::string::npos) << error_;
  for (const char* const bad :
       {"", "now", "-1", "1709251199x", "0", "253402300800", "99999999999999999999"}) {
    setenv("SOURCE_DATE_EPOCH", bad, 1);
    EXPECT_EQ(of(""), "refused") << bad;
    EXPECT_NE(error_.find("SOURCE_DATE_EPOCH="), std::string::npos) << error_;
  }
}

}  // namespace
}  // namespace cli
