#include "cli/driver_date.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <optional>

namespace cli {
namespace {

std::optional<inf::Date> date_of_time(std::chrono::sys_seconds time) {
  const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(time));
  return inf::date_of(static_cast<unsigned>(int{day.year()}), unsigned{day.month()},
                      unsigned{day.day()});
}

std::optional<inf::Date> date_of_epoch(const char* text) {
  constexpr int64_t kLastS = 253'402'300'799;  // of the year 9999
  const char* const end = text + std::strlen(text);
  int64_t seconds = 0;
  const auto [stop, problem] = std::from_chars(text, end, seconds);
  const bool good = problem == std::errc() && stop == end && seconds >= 0 && seconds <= kLastS;
  return good ? date_of_time(std::chrono::sys_seconds(std::chrono::seconds(seconds)))
              : std::nullopt;
}

}  // namespace

void add_driver_date_option(CLI::App& command, std::string& text) {
  command.add_option(
      "--date", text,
      "Of the driver: MM/DD/YYYY or YYYY-MM-DD; else that of SOURCE_DATE_EPOCH, else "
      "today");
}

bool driver_date(const std::string& option, DriverDate& out, std::string& error) {
  std::optional<inf::Date> date;
  const char* const epoch = std::getenv("SOURCE_DATE_EPOCH");
  if (!option.empty()) {
    const auto iso = inf::parse_iso_date(option);
    date = iso ? iso : inf::parse_inf_date(option);
    error = fmt::format(
        "--date {}: no day from 1980 on; give MM/DD/YYYY or YYYY-MM-DD, as in 2026-11-26", option);
  } else if (epoch != nullptr) {
    date = date_of_epoch(epoch);
    error = fmt::format(
        "SOURCE_DATE_EPOCH={}: no day from 1980 on; give seconds since 1970, or --date", epoch);
  } else {
    date = date_of_time(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
    error = "the clock is before 1980; give --date";
  }
  if (!date) {
    return false;
  }
  error.clear();
  out = {*date, !option.empty() || epoch != nullptr};
  return true;
}

}  // namespace cli
