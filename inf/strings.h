// %names% and what stands for them: the [Strings] section, or that of a language, [Strings.0407].
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "inf/index.h"

namespace inf {

// A %name% within a text.
struct Token {
  std::string_view name;  // between the signs
  size_t offset = 0;      // of the first sign
};

// Those of a text, in order. "%%" is a sign for itself and no token, and neither is a sign without
// a second one. A number is a directory (%12%, a DIRID), see is_directory().
std::vector<Token> tokens_of(std::string_view text);
bool is_directory(std::string_view name);

class Strings {
 public:
  // Of a language, by four hexadecimal digits; names that its section does not have come from
  // [Strings]. "": only [Strings]. The index must outlive this.
  explicit Strings(const Index& index, std::string_view language = {});

  // The line that defines a name; null: none does.
  const Line* find(std::string_view name) const;
  // With what it stands for instead of each defined %name%, "%" for "%%"; the rest stays. What
  // comes in is not looked at again.
  std::string replaced(std::string_view text) const;

 private:
  const Index& index_;
  std::string section_;
};

// The languages that the document has sections for, as they are written.
std::vector<std::string> languages_of(const Document& document);

}  // namespace inf
