// See hex_text.h.
#include "scsi/hex_text.h"

namespace scsi {
namespace {

int digit_of(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool separates(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == ',' || c == '\n';
}

}  // namespace

HexTextResult parse_hex_text(std::string_view text, base::MutableBytes out) {
  HexTextResult result;
  unsigned line = 1;
  size_t line_start = 0;
  size_t at = 0;
  const auto fail = [&](const char* error) {
    result.error = error;
    result.line = line;
    result.column = static_cast<unsigned>(at - line_start + 1);
    return result;
  };
  while (at < text.size()) {
    const char c = text[at];
    if (c == '#') {
      while (at < text.size() && text[at] != '\n') {
        ++at;
      }
      continue;
    }
    if (separates(c)) {
      ++at;
      if (c == '\n') {
        ++line;
        line_start = at;
      }
      continue;
    }
    if (c == '0' && at + 1 < text.size() && (text[at + 1] | 0x20) == 'x') {
      at += 2;
    }
    size_t digits = 0;
    while (at + digits < text.size() && digit_of(text[at + digits]) >= 0) {
      ++digits;
    }
    const size_t end = at + digits;
    if (digits == 0 || (end < text.size() && !separates(text[end]) && text[end] != '#')) {
      at = end;
      return fail("expected a hexadecimal byte");
    }
    // One digit alone is a byte; otherwise pairs, so a run such as 0083000c works too.
    if (digits > 2 && digits % 2 != 0) {
      return fail("an odd number of hexadecimal digits");
    }
    while (at < end) {
      const bool single = digits == 1;
      if (result.bytes == out.size()) {
        return fail("more bytes than such data can have");
      }
      const int high = single ? 0 : digit_of(text[at]);
      const int low = digit_of(text[single ? at : at + 1]);
      out[result.bytes++] = static_cast<uint8_t>((high << 4) | low);
      at += single ? 1 : 2;
    }
  }
  if (result.bytes == 0) {
    return fail("no hexadecimal bytes");
  }
  return result;
}

}  // namespace scsi
