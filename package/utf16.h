// The texts of catalogs: names are big-endian UTF-16, values little-endian with a zero behind them.
#pragma once

#include <string>
#include <string_view>

namespace package {

// What is no UTF-8 becomes U+FFFD.
std::string utf16_be(std::string_view utf8);
std::string utf16_le(std::string_view utf8);

// What is no UTF-16 becomes U+FFFD; control characters become blanks, because people read it.
std::string text_of_utf16_be(std::string_view bytes);
std::string text_of_utf16_le(std::string_view bytes);

}  // namespace package
