// An INF file as its text says it, before anybody asks what it means: sections of lines of fields,
// each with its place. "General Syntax Rules for INF Files" in Microsoft's driver documentation is
// the reference; where it is silent, what setupapi does.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "inf/text.h"

namespace inf {

struct Place {
  unsigned line = 0;    // from 1; 0: the file as a whole
  unsigned column = 0;  // in characters, from 1

  friend bool operator==(const Place&, const Place&) = default;
};

// Text between commas: quotes taken off ("" within them is one), blanks around it gone, %names% not
// replaced yet.
struct Field {
  std::string text;
  Place place;
  bool quoted = false;  // some of it

  friend bool operator==(const Field&, const Field&) = default;
};

// "key = value, value", or "value, value": then `key` is absent.
struct Line {
  Place place;
  bool has_key = false;
  Field key;
  std::vector<Field> values;

  // The n-th value, from 0; an empty field without a place when there are fewer.
  const Field& value(size_t index) const;
  // Where it stands, or the line when there are fewer.
  Place place_of(size_t index) const { return index < values.size() ? values[index].place : place; }
  // What setupapi looks a line up by: the key, or else the first value.
  const Field& name() const { return has_key ? key : value(0); }

  friend bool operator==(const Line&, const Line&) = default;
};

struct Section {
  Field name;
  std::vector<Line> lines;

  friend bool operator==(const Section&, const Section&) = default;
};

// What the reader could not make sense of, and went on.
enum class Complaint : uint8_t {
  bad_bytes,            // no characters in the encoding of the file
  nul_character,        // a character that ends texts in Windows
  open_section_name,    // "[name" without "]"
  empty_section_name,   // "[]"
  text_after_section,   // "[name] text"
  text_before_section,  // a line that is in no section
  open_quote,           // a quote that the line does not close
  continued_at_end,     // the last line of the file says that it goes on
};
struct Problem {
  Complaint complaint;
  Place place;

  friend bool operator==(const Problem&, const Problem&) = default;
};

struct Document {
  std::vector<Section> sections;  // as they stand in the file: a name may occur twice
  std::vector<Problem> problems;  // in the order of the file
};

// Names of sections, keys and strings differ by more than the case of ASCII letters.
char lower(char c);
bool same_name(std::string_view a, std::string_view b);

}  // namespace inf
