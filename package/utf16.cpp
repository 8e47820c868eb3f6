// See utf16.h. inf/ knows the encoding.
#include "package/utf16.h"

#include "inf/text.h"

namespace package {
namespace {

constexpr std::string_view kMarkLe = "\xff\xfe";

std::string swapped(std::string_view bytes) {
  std::string out(bytes.substr(0, bytes.size() & ~size_t{1}));
  for (size_t i = 0; i + 1 < out.size(); i += 2) {
    std::swap(out[i], out[i + 1]);
  }
  return out;
}

}  // namespace

std::string utf16_le(std::string_view utf8) {
  inf::Text text;
  text.encoding = inf::Encoding::utf16le;
  text.utf8 = utf8;
  const std::string marked = inf::encode(text);
  return marked.substr(kMarkLe.size());
}

std::string utf16_be(std::string_view utf8) {
  return swapped(utf16_le(utf8));
}

std::string text_of_utf16_le(std::string_view bytes) {
  std::string text = inf::decode(std::string(kMarkLe).append(bytes)).utf8;
  for (char& c : text) {
    c = static_cast<unsigned char>(c) < ' ' || c == '\x7f' ? ' ' : c;
  }
  return text;
}

std::string text_of_utf16_be(std::string_view bytes) {
  return text_of_utf16_le(swapped(bytes));
}

}  // namespace package
