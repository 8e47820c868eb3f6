#include "cli/driver_date.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <cstring>

namespace cli {
namespace {

bool date_of_day(std::chrono::sys_days day, inf::Date& date) {
  const std::chrono::year_month_day civil(day);
  const auto parsed = inf::parse_iso_date(fmt::format(
      "{:04}-{:02}-{:02}", int{civil.year()}, unsigned{civil.month()}, unsigned{civil.day()}));
  date = parsed.value_or(date);
  return parsed.has_value();
}

bool date_of_epoch(const char* text, inf::Date& date) {
  constexpr int64_t kLastS = 253'402'300'799;  // of the year 9999
  const char* const end = text + std::strlen(text);
  int64_t seconds = 0;
  const auto [stop, problem] = std::from_chars(text, end, seconds);
  return problem == std::errc() && stop == end && seconds >= 0 && seconds <= kLastS &&
         date_of_day(std::chrono::floor<std::chrono::days>(
                         std::chrono::sys_seconds(std::chrono::seconds(seconds))),
                     date);
}

}  // namespace

bool driver_date(const std::string& option, inf::Date& date, std::string& error) {
  if (!option.empty()) {
    const auto iso = inf::parse_iso_date(option);
    const auto given = iso ? iso : inf::parse_inf_date(option);
    if (!given) {
      error = fmt::format(
          "--date {}: no day from 1980 on; give MM/DD/YYYY or YYYY-MM-DD, as in 2026-11-26",
          option);
      return false;
    }
    date = *given;
    return true;
  }
  if (const char* const epoch = std::getenv("SOURCE_DATE_EPOCH"); epoch != nullptr) {
    if (!date_of_epoch(epoch, date)) {
      error = fmt::format(
          "SOURCE_DATE_EPOCH={}: no day from 1980 on; give seconds since 1970, or --date", epoch);
      return false;
    }
    return true;
  }
  const auto now = std::chrono::system_clock::now();
  if (!date_of_day(std::chrono::floor<std::chrono::days>(now), date)) {
    error = "the clock is before 1980; give --date";
    return false;
  }
  return true;
}

}  // namespace cli
