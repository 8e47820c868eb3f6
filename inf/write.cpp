#include "inf/write.h"

#include <algorithm>
#include <vector>

namespace inf {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

bool is_space(char c) {
  return static_cast<unsigned char>(c) <= ' ';
}

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    out += c == '\r' || c == '\n' ? ' ' : c;
    if (c == '"') {
      out += '"';
    }
  }
  return out + '"';
}

// Of a section's header, where setupapi takes quotes for part of the name.
std::string header_name(std::string_view name) {
  const bool odd =
      name.find_first_of("];\"\r\n") != std::string_view::npos ||
      (!name.empty() && (is_space(name.front()) || is_space(name.back()) || name.back() == '\\'));
  return odd ? in_quotes(name) : std::string(name);
}

}  // namespace

std::string quoted_if_needed(std::string_view text) {
  const bool odd = std::any_of(text.begin(), text.end(), is_space) ||
                   text.find_first_of(";,=\"[]") != std::string_view::npos || text.ends_with('\\');
  return odd ? in_quotes(text) : std::string(text);
}

void Writer::comment(std::string_view text) {
  for (size_t at = 0;;) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    out_ += line.empty() ? ";" : "; ";
    out_ += line;
    out_ += kLineEnd;
    if (end == text.size()) {
      return;
    }
    at = end + 1;
  }
}

void Writer::section(std::string_view name) {
  if (!out_.empty()) {
    out_ += kLineEnd;
  }
  out_ += "[" + header_name(name) + "]";
  out_ += kLineEnd;
}

void Writer::blank_line() {
  out_ += kLineEnd;
}

void Writer::put(std::span<const std::string_view> values) {
  for (size_t i = 0; i < values.size(); ++i) {
    out_ += i == 0 ? "" : ",";
    // An empty text between commas needs nothing, alone it would be no value.
    out_ += values.size() == 1 && values[i].empty() ? "\"\"" : quoted_if_needed(values[i]);
  }
  out_ += kLineEnd;
}

void Writer::entry(std::string_view key, std::span<const std::string_view> values,
                   size_t key_width) {
  std::string name = quoted_if_needed(key);
  name.resize(std::max(name.size(), key_width), ' ');
  out_ += name + (values.empty() ? " =" : " = ");
  put(values);
}

void Writer::line(std::span<const std::string_view> values) {
  put(values);
}

void Writer::wrapped_line(std::span<const std::string_view> head,
                          std::span<const std::string_view> rest, size_t per_line) {
  for (const std::string_view value : head) {
    out_ += quoted_if_needed(value) + ",";
  }
  for (size_t i = 0; i < rest.size(); ++i) {
    out_ += i % per_line == 0 ? "\\" + std::string(kLineEnd) + "    " : "";
    out_ += quoted_if_needed(rest[i]) + (i + 1 < rest.size() ? "," : "");
  }
  out_ += kLineEnd;
}

std::string write(const Document& document) {
  Writer writer;
  for (const Section& section : document.sections) {
    writer.section(section.name.text);
    for (const Line& line : section.lines) {
      std::vector<std::string_view> values;
      for (const Field& value : line.values) {
        values.push_back(value.text);
      }
      if (line.has_key) {
        writer.entry(line.key.text, values);
      } else {
        writer.line(values);
      }
    }
  }
  return writer.text();
}

}  // namespace inf
