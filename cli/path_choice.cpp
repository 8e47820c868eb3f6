// See path_choice.h.
#include "cli/path_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

namespace cli {
namespace {

std::string listed(const mpio::DiskStatus& disk) {
  std::string text;
  for (const mpio::PathStatus& path : disk.paths) {
    text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", path.number, path.name);
  }
  return text.empty() ? "none" : text;
}

bool is_meant(const mpio::PathStatus& path, std::string_view text) {
  return path.name.starts_with(text) || path.stable_name.starts_with(text);
}

bool is_exact(const mpio::PathStatus& path, std::string_view text) {
  return path.name == text || path.stable_name == text;
}

}  // namespace

const mpio::PathStatus* choose_path(const mpio::DiskStatus& disk, std::string_view text,
                                    std::string& error) {
  unsigned number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = problem == std::errc() && end == text.data() + text.size();
  std::vector<const mpio::PathStatus*> found;
  for (const mpio::PathStatus& path : disk.paths) {
    if (is_number ? path.number == number : !text.empty() && is_meant(path, text)) {
      found.push_back(&path);
    }
  }
  const auto exact = std::find_if(found.begin(), found.end(),
                                  [text](const auto* path) { return is_exact(*path, text); });
  if (exact != found.end()) {
    return *exact;
  }
  if (found.size() == 1) {
    return found.front();
  }
  error = fmt::format("{} \"{}\"; give the number or the beginning of the name of one: {}",
                      found.empty() ? "the disk has no path" : "more than one path is meant by",
                      text, listed(disk));
  return nullptr;
}

}  // namespace cli
