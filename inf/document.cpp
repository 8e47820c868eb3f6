#include "inf/document.h"

#include <algorithm>

namespace inf {
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

const Field& Line::value(size_t index) const {
  static const Field kNone;
  return index < values.size() ? values[index] : kNone;
}

}  // namespace inf
