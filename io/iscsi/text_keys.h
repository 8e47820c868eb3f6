// Login and text keys: "Key=Value" strings, each ended by a NUL. RFC 7143 6.1.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace io::iscsi {

// In order of arrival is not needed; a key twice is a protocol error.
using Keys = std::map<std::string, std::string, std::less<>>;

// Empty when a pair has no '=', a key is empty or longer than 63, or comes twice.
std::optional<Keys> parse_keys(base::Bytes data);

// The pairs in order of arrival, for lists (SendTargets) in which keys repeat. Empty as above.
using KeyList = std::vector<std::pair<std::string, std::string>>;
std::optional<KeyList> parse_key_list(base::Bytes data);

class KeyWriter {
 public:
  void add(std::string_view key, std::string_view value) {
    text_.append(key).append("=").append(value).push_back('\0');
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// True when the comma-separated `list` contains `word`.
bool list_has(std::string_view list, std::string_view word);
// A decimal or 0x number as text keys carry it.
std::optional<uint64_t> parse_number(std::string_view text);
// A binary value as bytes: 0x and hexadecimal digits, or 0b and base64 (RFC 7143 6.1); empty when
// it is neither.
std::optional<std::string> parse_binary_value(std::string_view text);
std::string hex_value(std::string_view bytes);
// For a message to a person: without control characters, and cut when it is long.
std::string printable(std::string_view text);

}  // namespace io::iscsi
