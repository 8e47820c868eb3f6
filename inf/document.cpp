#include "inf/document.h"

#include <algorithm>

namespace inf {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

const Field& Line::value(size_t index) const {
  static const Field kNone;
  return index < values.size() ? values[index] : kNone;
}

std::vector<const Line*> Document::lines_of(std::string_view section) const {
  std::vector<const Line*> lines;
  for (const Section& each : sections) {
    if (same_name(each.name.text, section)) {
      for (const Line& line : each.lines) {
        lines.push_back(&line);
      }
    }
  }
  return lines;
}

bool Document::has(std::string_view section) const {
  return std::any_of(sections.begin(), sections.end(),
                     [section](const Section& each) { return same_name(each.name.text, section); });
}

const Line* Document::find(std::string_view section, std::string_view name) const {
  for (const Line* line : lines_of(section)) {
    if (same_name(line->name().text, name)) {
      return line;
    }
  }
  return nullptr;
}

}  // namespace inf
