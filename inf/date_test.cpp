#include "inf/date.h"

#include <gtest/gtest.h>

namespace inf {
namespace {

TEST(Date, IsReadInBothOrders) {
  EXPECT_EQ(parse_inf_date("02/29/2024"), (Date{2024, 2, 29}));
  EXPECT_EQ(parse_inf_date("2/9/2024"), (Date{2024, 2, 9}));
  EXPECT_EQ(parse_iso_date("2024-02-29"), (Date{2024, 2, 29}));
  EXPECT_EQ(inf_date({2024, 2, 9}), "02/09/2024");
}

TEST(Date, ThatIsNoneIsRefused) {
  for (const char* const bad :
       {"", "MM/DD/YYYY", "02/30/2024", "02/29/2023", "02/29/2100", "13/01/2024", "00/01/2024",
        "01/00/2024", "01/32/2024", "01/01/1979", "01/01/24", "01/01/20240", "01/01", "01/01/",
        "01/01/2024/", "1/-1/2024", " 1/1/2024", "2024-01-01"}) {
    EXPECT_FALSE(parse_inf_date(bad)) << bad;
  }
  for (const char* const bad :
       {"", "2024-2-29", "2024-13-01", "24-01-01", "01/01/2024", "2024-01-01T00", "2024-1-1111"}) {
    EXPECT_FALSE(parse_iso_date(bad)) << bad;
  }
}

}  // namespace
}  // namespace inf
