// The date of a driver, the first half of DriverVer. Of two drivers with the same rank Windows
// takes the one with the later date.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace inf {

// One that the calendar has, from 1980 to 9999.
struct Date {
  unsigned year = 1980;
  unsigned month = 1;
  unsigned day = 1;

  friend bool operator==(const Date&, const Date&) = default;
};

// Empty: there is no such day, or not in that time.
std::optional<Date> date_of(unsigned year, unsigned month, unsigned day);
// Month, day and year, as INF files have it: "02/29/2024", or with fewer zeros.
std::optional<Date> parse_inf_date(std::string_view text);
// "2024-02-29" (ISO 8601).
std::optional<Date> parse_iso_date(std::string_view text);

std::string inf_date(Date date);  // "02/29/2024"

}  // namespace inf
