// See der.h: reading.
#include <ctime>

#include "package/der.h"

namespace package::der {
namespace {

constexpr uint8_t kLongTag = 0x1f;  // the tag's number follows: no catalog has such

uint8_t byte_at(std::string_view bytes, size_t index) {
  return static_cast<uint8_t>(bytes[index]);
}

bool digits(std::string_view text, size_t at, size_t count, int& value) {
  value = 0;
  for (size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') {
      return false;
    }
    value = value * 10 + (text[i] - '0');
  }
  return true;
}

}  // namespace

Reader::Reader(const Element& constructed) : Reader(constructed.content, constructed.offset) {}

bool Reader::next(Element& out) {
  if (left_.size() < 2 || (byte_at(left_, 0) & kLongTag) == kLongTag) {
    return false;
  }
  size_t header = 2;
  size_t length = byte_at(left_, 1);
  if (length >= 0x80) {
    const size_t count = length & 0x7f;
    if (count == 0 || count > 4 || left_.size() < header + count) {
      return false;  // indefinite, or longer than any file that is read here
    }
    length = 0;
    for (size_t i = 0; i < count; ++i) {
      length = length << 8 | byte_at(left_, header + i);
    }
    header += count;
  }
  if (length > left_.size() - header) {
    return false;
  }
  out = {byte_at(left_, 0), left_.substr(header, length), at_ + header};
  left_.remove_prefix(header + length);
  at_ += header + length;
  return true;
}

bool Reader::next(uint8_t tag, Element& out) {
  Reader ahead = *this;
  if (!ahead.next(out) || out.tag != tag) {
    return false;
  }
  *this = ahead;
  return true;
}

std::string object_id_text(std::string_view content) {
  std::string text;
  uint64_t number = 0;
  bool complete = false;
  for (size_t i = 0; i < content.size(); ++i) {
    const uint8_t byte = byte_at(content, i);
    if (number >> 57 != 0) {
      return "";
    }
    number = number << 7 | (byte & 0x7f);
    complete = (byte & 0x80) == 0;
    if (complete) {
      if (text.empty()) {
        const uint64_t first = number < 40 ? 0 : number < 80 ? 1 : 2;
        text = std::to_string(first) + "." + std::to_string(number - first * 40);
      } else {
        text += "." + std::to_string(number);
      }
      number = 0;
    }
  }
  return complete ? text : "";
}

bool read_time(const Element& element, int64_t& unix_seconds) {
  const std::string_view text = element.content;
  const size_t year_digits = element.tag == kUtcTime ? 2 : 4;
  if ((element.tag != kUtcTime && element.tag != kGeneralizedTime) ||
      text.size() != year_digits + 11 || text.back() != 'Z') {
    return false;
  }
  std::tm broken{};
  int year = 0;
  int month = 0;
  if (!digits(text, 0, year_digits, year) || !digits(text, year_digits, 2, month) ||
      !digits(text, year_digits + 2, 2, broken.tm_mday) ||
      !digits(text, year_digits + 4, 2, broken.tm_hour) ||
      !digits(text, year_digits + 6, 2, broken.tm_min) ||
      !digits(text, year_digits + 8, 2, broken.tm_sec)) {
    return false;
  }
  if (year_digits == 2) {
    year += year < 50 ? 2000 : 1900;
  }
  broken.tm_year = year - 1900;
  broken.tm_mon = month - 1;
  const std::tm said = broken;
  unix_seconds = timegm(&broken);
  // timegm() makes some date of everything; one that exists comes back as it went in.
  return year >= 1950 && said.tm_mon == broken.tm_mon && said.tm_mday == broken.tm_mday &&
         said.tm_hour == broken.tm_hour && said.tm_min == broken.tm_min &&
         said.tm_sec == broken.tm_sec;
}

}  // namespace package::der
