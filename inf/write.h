// Writes a document, always in the same form: sections apart by an empty line, one line each,
// quotes only where the text needs them. Comments are not part of a document; Writer makes files
// that have them.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "inf/document.h"

namespace inf {

// Line ends are CR LF, as Windows tools write them. What is read from it again has the same names
// and texts, and is written the same.
std::string write(const Document& document);

// A field's text as it must stand in a line. A line end, which no field can have, becomes a blank.
std::string quoted_if_needed(std::string_view text);

// For files with comments: everything in the order of the calls.
class Writer {
 public:
  void comment(std::string_view text);  // may be several lines; "" is an empty comment line
  void section(std::string_view name);  // with an empty line before
  // The values are texts, quoted if they need it. Keys are padded to `key_width` characters.
  void entry(std::string_view key, std::span<const std::string_view> values, size_t key_width = 0);
  void entry(std::string_view key, std::string_view value, size_t key_width = 0) {
    entry(key, std::span(&value, 1), key_width);
  }
  void line(std::span<const std::string_view> values);
  // One line over several of the file: after `head` so many of `rest` in each.
  void wrapped_line(std::span<const std::string_view> head, std::span<const std::string_view> rest,
                    size_t per_line);
  void blank_line();

  const std::string& text() const { return out_; }

 private:
  void put(std::span<const std::string_view> values);

  std::string out_;
};

}  // namespace inf
