// The text of an INF file, which Windows reads in one of three encodings: UTF-16 (little-endian,
// with a byte order mark), UTF-8, and the ANSI code page, for which Windows-1252 is taken here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace inf {

enum class Encoding : uint8_t { utf16le, utf8, ansi };
const char* name_of(Encoding encoding);  // "UTF-16LE"

struct Text {
  Encoding encoding = Encoding::utf8;
  bool has_mark = false;  // a byte order mark, which is not part of `utf8`
  std::string utf8;       // line ends as they are
  // Where bytes first did not make sense, as what they became is U+FFFD; npos: nowhere. An offset
  // in the bytes.
  size_t first_bad = std::string::npos;
};

// Any bytes are some text. Without a mark what is not UTF-8 is ANSI. UTF-16BE, which Windows does
// not read, is not told from ANSI either.
Text decode(std::string_view bytes);

// The bytes of `text` in an encoding, with a mark where Windows needs one (UTF-16) or `has_mark`
// asks for it. A character that ANSI does not have becomes "?" and `complete` false.
std::string encode(const Text& text, bool* complete = nullptr);

}  // namespace inf
