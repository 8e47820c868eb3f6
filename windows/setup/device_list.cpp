#include "windows/setup/device_list.h"

#include <algorithm>

#include "inf/text.h"

namespace setup {
namespace {

// Of one character.
constexpr size_t kUnit = 2;

char16_t unit_at(const std::string& bytes, size_t at) {
  return static_cast<char16_t>(static_cast<uint8_t>(bytes[at]) | static_cast<uint8_t>(bytes[at + 1])
                                                                     << 8);
}

std::string bytes_of(std::u16string_view text) {
  std::string bytes;
  for (const char16_t unit : text) {
    bytes += static_cast<char>(unit & 0xff);
    bytes += static_cast<char>(unit >> 8);
  }
  return bytes;
}

// Where the text that begins at `at` ends: at its zero, or at the end of a value that lacks it.
size_t end_of(const std::string& bytes, size_t at) {
  while (at + kUnit <= bytes.size() && unit_at(bytes, at) != 0) {
    at += kUnit;
  }
  return at;
}

std::string utf16(std::string_view utf8) {
  return inf::encode({inf::Encoding::utf16le, false, std::string(utf8)}).substr(kUnit);
}

// The text at a place, and the place behind its zero; false: the list ends there.
bool next(const std::string& bytes, size_t& at, std::u16string& text) {
  const size_t end = end_of(bytes, at);
  if (end == at) {
    return false;
  }
  text.clear();
  for (; at < end; at += kUnit) {
    text += unit_at(bytes, at);
  }
  at = std::min(at + kUnit, bytes.size());
  return true;
}

}  // namespace

std::vector<std::u16string> entries_of(const RegistryValue& value) {
  std::vector<std::u16string> entries;
  std::u16string text;
  for (size_t at = 0; next(value.bytes, at, text);) {
    entries.push_back(text);
  }
  return entries;
}

RegistryValue multi_string(const std::vector<std::string>& utf8) {
  RegistryValue value{kRegMultiSz, {}};
  for (const std::string& text : utf8) {
    value.bytes += utf16(text) + std::string(kUnit, '\0');
  }
  value.bytes += std::string(kUnit, '\0');
  return value;
}

std::vector<std::string> strings_of(const RegistryValue& value) {
  std::vector<std::string> texts;
  for (const std::u16string& entry : entries_of(value)) {
    texts.push_back(inf::decode("\xff\xfe" + bytes_of(entry)).utf8);
  }
  return texts;
}

bool has_entry(const RegistryValue& list, std::string_view entry) {
  const std::vector<std::u16string> entries = entries_of(list);
  const std::string wanted = utf16(entry);
  return std::any_of(entries.begin(), entries.end(),
                     [&wanted](const std::u16string& each) { return bytes_of(each) == wanted; });
}

RegistryValue with_entry(const RegistryValue& list, std::string_view entry) {
  size_t end = 0;
  std::u16string text;
  while (next(list.bytes, end, text)) {
  }
  std::string head = list.bytes.substr(0, end);
  std::string tail = list.bytes.substr(end);
  const std::string zero(kUnit, '\0');
  if (!head.empty() && !head.ends_with(zero)) {
    head += zero;  // a last text without an end
  }
  if (tail.size() < kUnit) {
    tail = zero;
  }
  return {kRegMultiSz, head + utf16(entry) + zero + tail};
}

RegistryValue without_entry(const RegistryValue& list, std::string_view entry) {
  const std::string wanted = utf16(entry);
  RegistryValue left = list;
  size_t at = 0;
  std::u16string text;
  for (size_t begin = 0; next(left.bytes, at, text); begin = at) {
    if (bytes_of(text) == wanted) {
      left.bytes.erase(begin, at - begin);
      break;
    }
  }
  return left;
}

}  // namespace setup
