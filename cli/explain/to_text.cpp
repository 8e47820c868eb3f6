// A document as indented "name: value" lines.
#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "cli/explain/explain.h"

namespace cli::explain {
namespace {

std::string words(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

std::string scalar(const Document& value) {
  if (value.is_string()) {
    return value.get<std::string>();
  }
  if (value.is_boolean()) {
    return value.get<bool>() ? "yes" : "no";
  }
  if (value.is_null()) {
    return "-";
  }
  return value.dump();
}

bool all_scalars(const Document& list) {
  return std::none_of(list.begin(), list.end(),
                      [](const Document& item) { return item.is_structured(); });
}

// A data structure of two or three levels; the depth is that of our own documents, never of input.
void append(std::string& out, const Document& document, size_t indent) {
  const std::string margin(indent, ' ');
  for (const auto& [name, value] : document.items()) {
    if (!value.is_structured()) {
      out += fmt::format("{}{}: {}\n", margin, words(name), scalar(value));
    } else if (value.is_array() && all_scalars(value)) {
      std::string line;
      for (const Document& item : value) {
        line += (line.empty() ? "" : ", ") + scalar(item);
      }
      out += fmt::format("{}{}: {}\n", margin, words(name), line.empty() ? "none" : line);
    } else if (value.is_array()) {
      for (const Document& item : value) {
        out += fmt::format("{}{}:\n", margin, words(name));
        append(out, item, indent + 2);
      }
    } else {
      out += fmt::format("{}{}:\n", margin, words(name));
      append(out, value, indent + 2);
    }
  }
}

}  // namespace

std::string to_text(const Document& document) {
  std::string out;
  append(out, document, 0);
  return out;
}

}  // namespace cli::explain
