// See text_keys.h.
#include "io/iscsi/text_keys.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace io::iscsi {
namespace {

constexpr size_t kMaxKeyBytes = 63;

std::optional<std::string> parse_hex(std::string_view text) {
  if (text.size() % 2 != 0) {
    return std::nullopt;
  }
  std::string bytes;
  for (; !text.empty(); text.remove_prefix(2)) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + 2, value, 16);
    if (error != std::errc() || end != text.data() + 2) {
      return std::nullopt;
    }
    bytes.push_back(static_cast<char>(value));
  }
  return bytes;
}

int base64_value(char c) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const size_t at = kAlphabet.find(c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

// RFC 4648 4, with its padding.
std::optional<std::string> parse_base64(std::string_view text) {
  const size_t padding = text.ends_with("==") ? 2 : (text.ends_with("=") ? 1 : 0);
  if (text.size() % 4 != 0) {
    return std::nullopt;
  }
  std::string bytes;
  uint32_t bits = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool pad = i + padding >= text.size();
    const int value = pad ? 0 : base64_value(text[i]);
    if (value < 0) {
      return std::nullopt;
    }
    bits = (bits << 6) | static_cast<uint32_t>(value);
    if (i % 4 == 3) {
      bytes +=
          {static_cast<char>(bits >> 16), static_cast<char>(bits >> 8), static_cast<char>(bits)};
    }
  }
  bytes.resize(bytes.size() - padding);
  return bytes;
}

}  // namespace

std::optional<KeyList> parse_key_list(base::Bytes data) {
  KeyList list;
  std::string_view rest(reinterpret_cast<const char*>(data.data()), data.size());
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\0'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (pair.empty()) {
      continue;  // padding
    }
    const size_t equals = pair.find('=');
    if (equals == std::string_view::npos || equals == 0 || equals > kMaxKeyBytes) {
      return std::nullopt;
    }
    list.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
  }
  return list;
}

std::optional<Keys> parse_keys(base::Bytes data) {
  auto list = parse_key_list(data);
  Keys keys;
  if (!list) {
    return std::nullopt;
  }
  for (auto& [key, value] : *list) {
    if (!keys.emplace(std::move(key), std::move(value)).second) {
      return std::nullopt;
    }
  }
  return keys;
}

bool list_has(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    if (list.substr(0, comma) == word) {
      return true;
    }
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

std::optional<uint64_t> parse_number(std::string_view text) {
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  text.remove_prefix(hex ? 2 : 0);
  uint64_t value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, hex ? 16 : 10);
  if (error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

std::optional<std::string> parse_binary_value(std::string_view text) {
  const std::string_view prefix = text.substr(0, 2);
  if (prefix == "0x" || prefix == "0X") {
    return parse_hex(text.substr(2));
  }
  if (prefix == "0b" || prefix == "0B") {
    return parse_base64(text.substr(2));
  }
  return std::nullopt;
}

std::string hex_value(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text = "0x";
  for (const char byte : bytes) {
    text.push_back(kDigits[static_cast<uint8_t>(byte) >> 4]);
    text.push_back(kDigits[static_cast<uint8_t>(byte) & 15]);
  }
  return text;
}

std::string printable(std::string_view text) {
  constexpr size_t kMostChars = 64;
  std::string shown;
  for (const char c : text.substr(0, kMostChars)) {
    shown.push_back(c >= ' ' && c < 0x7f ? c : '?');
  }
  return text.size() > kMostChars ? shown + "..." : shown;
}

}  // namespace io::iscsi
