#include "inf/date.h"

#include <algorithm>
#include <array>

namespace inf {
namespace {

using Numbers = std::array<unsigned, 3>;

// Three numbers of one to four digits, with a sign between them.
std::optional<Numbers> parse_numbers(std::string_view text, char sign) {
  Numbers numbers{};
  for (size_t i = 0; i < numbers.size(); ++i) {
    const size_t end = i + 1 == numbers.size() ? text.size() : text.find(sign);
    if (end == std::string_view::npos || end == 0 || end > 4) {
      return {};
    }
    for (const char c : text.substr(0, end)) {
      if (c < '0' || c > '9') {
        return {};
      }
      numbers[i] = numbers[i] * 10 + static_cast<unsigned>(c - '0');
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return numbers;
}

std::string two_digits(unsigned number) {
  return (number < 10 ? "0" : "") + std::to_string(number);
}

}  // namespace

std::optional<Date> date_of(unsigned year, unsigned month, unsigned day) {
  constexpr std::array<unsigned, 12> kDays = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  const bool good = year >= 1980 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 &&
                    day <= kDays[month - 1] && (month != 2 || day != 29 || leap);
  return good ? std::optional(Date{year, month, day}) : std::nullopt;
}

std::optional<Date> parse_inf_date(std::string_view text) {
  const auto numbers = parse_numbers(text, '/');
  return numbers ? date_of((*numbers)[2], (*numbers)[0], (*numbers)[1]) : std::nullopt;
}

std::optional<Date> parse_iso_date(std::string_view text) {
  const auto numbers = parse_numbers(text, '-');
  return numbers && text.size() == 10 ? date_of((*numbers)[0], (*numbers)[1], (*numbers)[2])
                                      : std::nullopt;
}

std::string inf_date(Date date) {
  return two_digits(date.month) + "/" + two_digits(date.day) + "/" + std::to_string(date.year);
}

}  // namespace inf
