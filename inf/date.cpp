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

std::optional<Date> checked(Date date) {
  constexpr std::array<unsigned, 12> kDays = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (date.year % 4 == 0 && date.year % 100 != 0) || date.year % 400 == 0;
  const bool good = date.year >= 1980 && date.year <= 9999 && date.month >= 1 && date.month <= 12 &&
                    date.day >= 1 && date.day <= kDays[date.month - 1] &&
                    (date.month != 2 || date.day != 29 || leap);
  return good ? std::optional(date) : std::nullopt;
}

std::string two_digits(unsigned number) {
  return (number < 10 ? "0" : "") + std::to_string(number);
}

}  // namespace

std::optional<Date> parse_inf_date(std::string_view text) {
  const auto numbers = parse_numbers(text, '/');
  return numbers ? checked({(*numbers)[2], (*numbers)[0], (*numbers)[1]}) : std::nullopt;
}

std::optional<Date> parse_iso_date(std::string_view text) {
  const auto numbers = parse_numbers(text, '-');
  return numbers && text.size() == 10 ? checked({(*numbers)[0], (*numbers)[1], (*numbers)[2]})
                                      : std::nullopt;
}

std::string inf_date(Date date) {
  return two_digits(date.month) + "/" + two_digits(date.day) + "/" + std::to_string(date.year);
}

}  // namespace inf
