#include "inf/read.h"

#include <algorithm>

namespace inf {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\v' || c == '\f';
}
bool is_line_end(char c) {
  return c == '\n' || c == '\r';
}

// A position in the text that knows its line and column.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  bool at_end() const { return at_ == text_.size(); }
  char here() const { return at_end() ? '\0' : text_[at_]; }
  bool at_line_end() const { return at_end() || is_line_end(text_[at_]); }
  char after() const { return at_ + 1 < text_.size() ? text_[at_ + 1] : '\0'; }
  Place place() const { return place_; }

  void step() {
    const char c = text_[at_++];
    if (c == '\n' || (c == '\r' && here() != '\n')) {
      ++place_.line;
      place_.column = 1;
    } else if (c != '\r' && (static_cast<unsigned char>(here()) & 0xc0) != 0x80) {
      ++place_.column;  // counted with the last byte of a character
    }
  }
  void skip_blanks() {
    while (!at_end() && is_blank(here())) {
      step();
    }
  }
  void skip_line() {
    while (!at_line_end()) {
      step();
    }
  }

 private:
  std::string_view text_;
  size_t at_ = 0;
  Place place_{1, 1};
};

class Reader {
 public:
  explicit Reader(std::string_view text) : cursor_(text) {}

  Document run() {
    while (!cursor_.at_end()) {
      cursor_.skip_blanks();
      if (cursor_.at_end()) {
        break;
      }
      if (is_line_end(cursor_.here())) {
        cursor_.step();
      } else if (cursor_.here() == ';') {
        cursor_.skip_line();
      } else if (cursor_.here() == '[') {
        read_section();
      } else {
        read_line();
      }
    }
    return std::move(document_);
  }

 private:
  void complain(Complaint complaint, Place place) {
    document_.problems.push_back({complaint, place});
  }

  void read_section() {
    const Place opening = cursor_.place();
    cursor_.step();
    Section section;
    section.name = read_until([](char c) { return c == ']'; });
    if (cursor_.here() == ']') {
      cursor_.step();
      cursor_.skip_blanks();
      if (!cursor_.at_line_end() && cursor_.here() != ';') {
        complain(Complaint::text_after_section, cursor_.place());
      }
    } else {
      complain(Complaint::open_section_name, opening);
    }
    cursor_.skip_line();
    if (section.name.text.empty()) {
      complain(Complaint::empty_section_name, opening);
    }
    document_.sections.push_back(std::move(section));
  }

  void read_line() {
    Line line;
    line.place = cursor_.place();
    const auto ends_first = [](char c) { return c == ',' || c == '='; };
    const auto ends_value = [](char c) { return c == ','; };
    Field field = read_until(ends_first);
    if (cursor_.here() == '=') {
      line.has_key = true;
      line.key = std::move(field);
      cursor_.step();
      field = read_until(ends_value);
    }
    // "key =" has no value, "key = ," has two empty ones.
    while (cursor_.here() == ',') {
      line.values.push_back(std::move(field));
      cursor_.step();
      field = read_until(ends_value);
    }
    if (!field.text.empty() || field.quoted || !line.values.empty()) {
      line.values.push_back(std::move(field));
    }
    cursor_.skip_line();  // a comment
    if (!line.has_key && line.values.empty()) {
      return;  // nothing but a backslash at its end
    }
    if (document_.sections.empty()) {
      complain(Complaint::text_before_section, line.place);
      return;
    }
    document_.sections.back().lines.push_back(std::move(line));
  }

  // A field, up to a character that ends it, a comment, or the end of the line; lines that go on
  // are one.
  template <typename Ends>
  Field read_until(Ends ends) {
    Field field;
    size_t kept = 0;  // up to here blanks belong to the text
    skip_to_text();
    field.place = cursor_.place();
    while (!cursor_.at_line_end() && cursor_.here() != ';' && !ends(cursor_.here())) {
      const char c = cursor_.here();
      if (c == '"') {
        field.quoted = true;
        read_quoted(field.text);
        kept = field.text.size();
      } else if (c == '\\' && goes_on()) {
        field.text.resize(kept);
        skip_to_text();
        if (field.text.empty() && !field.quoted) {
          field.place = cursor_.place();
        }
      } else {
        note_nul(c);
        field.text += c;
        if (!is_blank(c)) {
          kept = field.text.size();
        }
        cursor_.step();
      }
    }
    field.text.resize(kept);
    return field;
  }

  void read_quoted(std::string& text) {
    const Place opening = cursor_.place();
    cursor_.step();
    while (!cursor_.at_line_end()) {
      const char c = cursor_.here();
      if (c == '"' && cursor_.after() != '"') {
        cursor_.step();
        return;
      }
      if (c == '"') {
        cursor_.step();
      }
      note_nul(c);
      text += c;
      cursor_.step();
    }
    complain(Complaint::open_quote, opening);
  }

  // At a backslash: does nothing but blanks or a comment follow on its line? Then it is passed,
  // line end and all.
  bool goes_on() {
    Cursor ahead = cursor_;
    ahead.step();
    ahead.skip_blanks();
    if (!ahead.at_line_end() && ahead.here() != ';') {
      return false;
    }
    ahead.skip_line();
    if (ahead.at_end()) {
      complain(Complaint::continued_at_end, cursor_.place());
      cursor_ = ahead;
      return true;
    }
    const bool both = ahead.here() == '\r' && ahead.after() == '\n';
    ahead.step();
    if (both) {
      ahead.step();
    }
    cursor_ = ahead;
    return true;
  }

  void skip_to_text() {
    cursor_.skip_blanks();
    while (cursor_.here() == '\\' && goes_on()) {
      cursor_.skip_blanks();
    }
  }

  void note_nul(char c) {
    if (c == '\0' && !nul_seen_) {
      nul_seen_ = true;
      complain(Complaint::nul_character, cursor_.place());
    }
  }

  Cursor cursor_;
  Document document_;
  bool nul_seen_ = false;
};

// The place of the first character that stands for bytes that are none.
Place place_of_replacement(std::string_view utf8) {
  constexpr std::string_view kReplacement = "\xef\xbf\xbd";
  const size_t offset = std::min(utf8.find(kReplacement), utf8.size());
  Cursor cursor(utf8.substr(0, offset));
  while (!cursor.at_end()) {
    cursor.step();
  }
  return cursor.place();
}

}  // namespace

Document read(std::string_view utf8) {
  return Reader(utf8).run();
}

Document read_bytes(std::string_view bytes) {
  return read_text(decode(bytes));
}

Document read_text(const Text& text) {
  Document document = read(text.utf8);
  if (text.first_bad != std::string::npos) {
    document.problems.insert(document.problems.begin(),
                             {Complaint::bad_bytes, place_of_replacement(text.utf8)});
  }
  return document;
}

}  // namespace inf
