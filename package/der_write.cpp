// See der.h: writing.
#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

#include "package/der.h"

namespace package::der {
namespace {

// Base 128, the highest digit first, all but the last with a mark.
void append_base_128(std::string& out, uint64_t value) {
  std::string digits(1, static_cast<char>(value & 0x7f));
  while ((value >>= 7) != 0) {
    digits += static_cast<char>(0x80 | (value & 0x7f));
  }
  out.append(digits.rbegin(), digits.rend());
}

}  // namespace

std::string element(uint8_t tag, std::string_view content) {
  std::string out(1, static_cast<char>(tag));
  if (content.size() < 0x80) {
    out += static_cast<char>(content.size());
  } else {
    std::string digits;
    for (size_t left = content.size(); left != 0; left >>= 8) {
      digits += static_cast<char>(left & 0xff);
    }
    out += static_cast<char>(0x80 | digits.size());
    out.append(digits.rbegin(), digits.rend());
  }
  return out.append(content);
}

std::string sequence(std::initializer_list<std::string_view> parts) {
  std::string content;
  for (const std::string_view part : parts) {
    content += part;
  }
  return element(kSequence, content);
}

std::string set_of(std::vector<std::string> elements) {
  std::sort(elements.begin(), elements.end());  // char_traits compare as unsigned bytes
  std::string content;
  for (const std::string& each : elements) {
    content += each;
  }
  return element(kSet, content);
}

std::string integer(uint32_t value) {
  std::string digits;
  do {
    digits += static_cast<char>(value & 0xff);
    value >>= 8;
  } while (value != 0);
  if ((static_cast<uint8_t>(digits.back()) & 0x80) != 0) {
    digits += '\0';  // it is not negative
  }
  return element(kInteger, std::string(digits.rbegin(), digits.rend()));
}

std::string object_id(std::string_view dotted) {
  std::vector<uint64_t> numbers(1);
  for (const char c : dotted) {
    if (c == '.') {
      numbers.push_back(0);
    } else {
      numbers.back() = numbers.back() * 10 + static_cast<uint64_t>(c - '0');
    }
  }
  std::string content;
  append_base_128(content, numbers[0] * 40 + numbers[1]);
  for (size_t i = 2; i < numbers.size(); ++i) {
    append_base_128(content, numbers[i]);
  }
  return element(kObjectId, content);
}

std::string time(int64_t unix_seconds) {
  const std::time_t seconds = unix_seconds;
  std::tm broken{};
  gmtime_r(&seconds, &broken);
  const bool is_utc_time = broken.tm_year >= 50 && broken.tm_year < 150;  // since 1900
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), is_utc_time ? "%y%m%d%H%M%SZ" : "%Y%m%d%H%M%SZ", &broken);
  return element(is_utc_time ? kUtcTime : kGeneralizedTime, text.data());
}

}  // namespace package::der
