#include "inf/text.h"

#include <array>

namespace inf {
namespace {

constexpr char32_t kReplacement = 0xfffd;
constexpr std::string_view kUtf8Mark = "\xef\xbb\xbf";
constexpr std::string_view kUtf16Mark = "\xff\xfe";

// 80h to 9fh of Windows-1252; the five holes stand for themselves, as Windows has it.
constexpr std::array<char16_t, 32> kAnsiHigh = {
    0x20ac, 0x0081, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008d, 0x017d, 0x008f, 0x0090, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x009d, 0x017e, 0x0178};

void append(char32_t code, std::string& out) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xe0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | (code >> 18));
    out += static_cast<char>(0x80 | ((code >> 12) & 0x3f));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  }
}

// The character at `at`, which moves behind it. False: no UTF-8 (RFC 3629: no overlong forms, no
// surrogates, nothing above U+10FFFF); `at` moves by one.
bool next_utf8(std::string_view bytes, size_t& at, char32_t& code) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(bytes[i]); };
  const uint8_t lead = byte(at);
  const size_t first = at++;
  if (lead < 0x80) {
    code = lead;
    return true;
  }
  const size_t more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
  constexpr std::array<char32_t, 4> kLeast = {0, 0x80, 0x800, 0x10000};
  if (more == 0 || lead > 0xf4 || first + more >= bytes.size()) {
    return false;
  }
  code = lead & (0x3fU >> more);
  for (size_t i = 1; i <= more; ++i) {
    if ((byte(first + i) & 0xc0) != 0x80) {
      return false;
    }
    code = (code << 6) | (byte(first + i) & 0x3fU);
  }
  if (code < kLeast[more] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
    return false;
  }
  at = first + 1 + more;
  return true;
}

bool is_utf8(std::string_view bytes) {
  char32_t code = 0;
  for (size_t at = 0; at < bytes.size();) {
    if (!next_utf8(bytes, at, code)) {
      return false;
    }
  }
  return true;
}

void note_bad(Text& text, size_t offset) {
  append(kReplacement, text.utf8);
  text.first_bad = std::min(text.first_bad, offset);
}

void decode_utf16(std::string_view bytes, size_t at, Text& text) {
  const auto unit = [&](size_t i) {
    return static_cast<char32_t>(static_cast<uint8_t>(bytes[i]) |
                                 (static_cast<uint8_t>(bytes[i + 1]) << 8));
  };
  while (at + 1 < bytes.size()) {
    const size_t first = at;
    char32_t code = unit(at);
    at += 2;
    if (code >= 0xd800 && code <= 0xdfff) {
      const bool pair = code < 0xdc00 && at + 1 < bytes.size() && (unit(at) & 0xfc00) == 0xdc00;
      if (!pair) {
        note_bad(text, first);
        continue;
      }
      code = 0x10000 + ((code & 0x3ff) << 10) + (unit(at) & 0x3ff);
      at += 2;
    }
    append(code, text.utf8);
  }
  if (at < bytes.size()) {
    note_bad(text, at);
  }
}

void decode_utf8(std::string_view bytes, size_t at, Text& text) {
  while (at < bytes.size()) {
    const size_t first = at;
    char32_t code = 0;
    if (next_utf8(bytes, at, code)) {
      append(code, text.utf8);
    } else {
      note_bad(text, first);
    }
  }
}

char32_t ansi_character(uint8_t byte) {
  return byte >= 0x80 && byte < 0xa0 ? kAnsiHigh[byte - 0x80] : byte;
}

// 0..255, or -1.
int ansi_byte(char32_t code) {
  if (code < 0x80 || (code >= 0xa0 && code <= 0xff)) {
    return static_cast<int>(code);
  }
  for (size_t i = 0; i < kAnsiHigh.size(); ++i) {
    if (kAnsiHigh[i] == code) {
      return static_cast<int>(0x80 + i);
    }
  }
  return -1;
}

void append_utf16(char32_t code, std::string& out) {
  const auto unit = [&out](char32_t value) {
    out += static_cast<char>(value & 0xff);
    out += static_cast<char>(value >> 8);
  };
  if (code < 0x10000) {
    unit(code);
  } else {
    unit(0xd800 + ((code - 0x10000) >> 10));
    unit(0xdc00 + ((code - 0x10000) & 0x3ff));
  }
}

}  // namespace

const char* name_of(Encoding encoding) {
  switch (encoding) {
    case Encoding::utf16le:
      return "UTF-16LE";
    case Encoding::utf8:
      return "UTF-8";
    case Encoding::ansi:
      return "ANSI";
  }
  return "";
}

Text decode(std::string_view bytes) {
  Text text;
  if (bytes.starts_with(kUtf16Mark)) {
    text.encoding = Encoding::utf16le;
    text.has_mark = true;
    decode_utf16(bytes, kUtf16Mark.size(), text);
  } else if (bytes.starts_with(kUtf8Mark)) {
    text.has_mark = true;
    decode_utf8(bytes, kUtf8Mark.size(), text);
  } else if (is_utf8(bytes)) {
    text.utf8 = bytes;
  } else {
    text.encoding = Encoding::ansi;
    for (const char byte : bytes) {
      append(ansi_character(static_cast<uint8_t>(byte)), text.utf8);
    }
  }
  return text;
}

std::string encode(const Text& text, bool* complete) {
  std::string out;
  bool whole = true;
  if (text.encoding == Encoding::utf16le) {
    out = kUtf16Mark;
  } else if (text.encoding == Encoding::utf8 && text.has_mark) {
    out = kUtf8Mark;
  }
  for (size_t at = 0; at < text.utf8.size();) {
    const size_t first = at;
    char32_t code = 0;
    if (!next_utf8(text.utf8, at, code)) {
      code = kReplacement;
    }
    if (text.encoding == Encoding::utf16le) {
      append_utf16(code, out);
    } else if (text.encoding == Encoding::utf8) {
      out.append(text.utf8, first, at - first);
    } else if (const int byte = ansi_byte(code); byte >= 0) {
      out += static_cast<char>(byte);
    } else {
      out += '?';
      whole = false;
    }
  }
  if (complete != nullptr) {
    *complete = whole;
  }
  return out;
}

}  // namespace inf
