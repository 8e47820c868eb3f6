// Bytes as lower-case hexadecimal digits, as identities and names of ports are written.
#pragma once

#include <string>

#include "base/bytes.h"

namespace mpio {

inline std::string hex(base::Bytes bytes) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string text;
  for (const uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 0xf];
  }
  return text;
}

}  // namespace mpio
