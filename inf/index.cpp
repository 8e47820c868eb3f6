#include "inf/index.h"

#include <algorithm>

namespace inf {
namespace {

// No name has a line end.
std::string line_key(std::string_view section, std::string_view name) {
  return folded(section) + '\n' + folded(name);
}

}  // namespace

std::string folded(std::string_view name) {
  std::string out(name);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

Index::Index(const Document& document) : document_(document) {
  for (const Section& section : document.sections) {
    std::vector<const Line*>& lines = sections_[folded(section.name.text)];
    for (const Line& line : section.lines) {
      lines.push_back(&line);
      lines_.emplace(line_key(section.name.text, line.name().text), &line);
    }
  }
}

bool Index::has(std::string_view section) const {
  return sections_.count(folded(section)) != 0;
}

const std::vector<const Line*>& Index::lines_of(std::string_view section) const {
  static const std::vector<const Line*> kNone;
  const auto found = sections_.find(folded(section));
  return found == sections_.end() ? kNone : found->second;
}

const Line* Index::find(std::string_view section, std::string_view name) const {
  const auto found = lines_.find(line_key(section, name));
  return found == lines_.end() ? nullptr : found->second;
}

}  // namespace inf
