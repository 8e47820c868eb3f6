// See plain.h.
#include "profile/plain.h"

namespace profile {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

constexpr bool is_ascii(char c) {
  return static_cast<unsigned char>(c) < 0x80;
}
constexpr bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

// Where on its line a character stands: strings of one line and comments, no more.
class Line {
 public:
  void take(char c) {
    if (comment_) {
      return;
    }
    if (quote_ == '\0') {
      comment_ = c == '#';
      quote_ = c == '"' || c == '\'' ? c : '\0';
    } else if (escaped_) {
      escaped_ = false;
    } else if (c == '\\' && quote_ == '"') {
      escaped_ = true;
    } else if (c == quote_) {
      quote_ = '\0';
    }
  }
  bool comment() const { return comment_; }
  bool told = false;

 private:
  bool comment_ = false;
  bool escaped_ = false;
  char quote_ = '\0';
};

}  // namespace

std::string plain_text(std::string_view text, Mistakes& mistakes) {
  if (text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
  }
  std::string plain;
  plain.reserve(text.size());
  Line line;
  Place place{1, 0};
  for (size_t i = 0; i < text.size(); ++i) {
    ++place.column;
    if (text[i] == '\n') {
      line = {};
      ++place.line;
      place.column = 0;
    }
    if (is_ascii(text[i])) {
      line.take(text[i]);
      plain += text[i];
      continue;
    }
    if (!line.comment() && !line.told) {
      line.told = true;
      mistakes.add(place,
                   "outside of comments a profile is ASCII, and this character is not; write it "
                   "another way (ae, EUR)");
    }
    plain += '?';
    while (i + 1 < text.size() && continues(text[i + 1])) {
      ++i;
    }
  }
  return plain;
}

}  // namespace profile
